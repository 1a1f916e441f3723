interface Context {
  session: { session: { id: string; userId: string } } | null;
  internalAdapter: {
    listSessions(userId: string): Promise<{ id: string; token: string }[]>;
    deleteSessions(tokens: string[]): Promise<unknown>;
  };
}

/** Ends the sessions of the user except the one of this request. */
export async function endOtherSessions(context: Context | undefined): Promise<void> {
  if (!context?.session) return;
  const { internalAdapter, session } = context;
  const { id, userId } = session.session;
  const others = (await internalAdapter.listSessions(userId)).filter((each) => each.id !== id).map(({ token }) => token);
  if (others.length > 0) await internalAdapter.deleteSessions(others);
}
