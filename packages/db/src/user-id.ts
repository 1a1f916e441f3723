declare const proven: unique symbol;

/** A user id that authentication has proven. Only packages/auth/src/identify.ts makes one. */
export type UserId = string & { readonly [proven]: true };
