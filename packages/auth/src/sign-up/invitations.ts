import { hashOfIdentifier, newToken } from '../mail/link-tokens.ts';

/**
 * How a token came to the person: by `mail` to the invited address, which then counts as verified, or by `hand`, through whoever sent the invitation. An invitation
 * has a token for each.
 */
export const invitationWays = ['mail', 'hand'] as const;
export type InvitationWay = (typeof invitationWays)[number];

/** What names an invitation before Better Auth hashes it. The address is part of it, so a token is of no use for another one. */
export const invitationIdentifier = (way: InvitationWay, email: string, token: string) => `invitation-by-${way}:${email}:${token}`;

/** The value that both tokens of an invitation are stored with. */
export const invitationValue = (email: string) => `invitation:${email}`;

/** A link for this address, in lower case, and what an operator stores in `verification` for it. */
export function newInvitation(way: InvitationWay, baseUrl: string, email: string): { identifier: string; value: string; link: string } {
  const token = newToken();
  const link = `${baseUrl}/#/invitation?${new URLSearchParams({ token, email })}`;
  return { identifier: hashOfIdentifier(invitationIdentifier(way, email, token)), value: invitationValue(email), link };
}
