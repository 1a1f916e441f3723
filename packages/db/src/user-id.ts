declare const proven: unique symbol;

/** An authenticated user id. Only packages/auth/src/identify.ts creates one. */
export type UserId = string & { readonly [proven]: true };
