interface Context {
  session: { session: { userId: string; token: string } } | null;
  internalAdapter: {
    listSessions(userId: string): Promise<{ token: string }[]>;
    deleteSessions(tokens: string[]): Promise<unknown>;
  };
}

/** Ends the sessions of the user except the one of this request. */
export async function endOtherSessions(context: Context | undefined): Promise<void> {
  if (!context?.session) return;
  const { internalAdapter, session } = context;
  const { userId, token } = session.session;
  const others = (await internalAdapter.listSessions(userId)).map((each) => each.token).filter((each) => each !== token);
  if (others.length > 0) await internalAdapter.deleteSessions(others);
}
