import type { Use } from '../routes.ts';
import type { Device } from './devices.ts';
import type { Rate } from './rate-limited.ts';
import type { Claim } from './rate-limits.ts';

const MINUTE = 60;
const QUARTER_HOUR = 900;
const HOUR = 3_600;
const DAY = 86_400;

/** A whole office shares an address, so it has ten times as many sign-ins as wrong passwords. */
const SIGN_INS_PER_WRONG_PASSWORD = 10;

/** A network as providers assign it to one customer: 24 bits of an IPv4 address, 48 of an IPv6 address with all its digits. */
const networkOf = (address: string) => address.split(/[.:]/, 3).join(':');

/** Whom a request comes from. */
export interface Origin {
  use: Use;
  isExemptFromCode: boolean;
  address: string;
  /** The token of the session, if its signature is valid. Others could be invented, and each would get a row. */
  session: string | undefined;
  device: Device;
  userAgent: string | null;
  /** The e-mail address of a sign-in, in lower case. */
  email: string;
}

export interface Rates {
  /** What every request of its kind counts, before it reaches Better Auth. */
  ofRequest(origin: Origin): Claim[];
  ofSignUp(origin: Origin): Claim[];
  /** What a request counts that sends a mail to an address, whether or not somebody has it. */
  ofMail(address: string, email: string): Claim[];
  /** The same of a mail to verify an address. Others than those for a password, so that neither keeps the other from being sent. */
  ofVerification(address: string, email: string): Claim[];
  /** What such a mail counts that nobody asked for. */
  ofVerificationMail(email: string): Claim[];
  /** What a request counts for a link that signs in, whether or not somebody has the address. Nobody else can use up what a known device may ask for. */
  ofLinkRequest(origin: Origin, email: string): Claim[];
  /** What such a link counts that does not work. */
  ofWrongLink(origin: Origin): Claim[];
  /** What a request of a user counts to have another address, whether or not somebody has it. */
  ofAddressChange(userId: string, email: string): Claim[];
  /** What a mail counts that tells of a sign-in from a new device. */
  ofNotice(userId: string): Claim[];
  /** What a mail counts that tells of a change of how one signs in. */
  ofChangeNotice(userId: string, kind: string): Claim[];
  /** What a wrong code of a second factor counts. Codes of an app have six digits, so they are counted by day as well; a recovery code cannot be guessed. */
  ofCode(origin: Origin, user: { id: string; email: string }, isOfApp: boolean): Claim[];
  /** What an attempt at a password counts: always, and only if it is wrong. `stored` is the hash that it is compared with; unknown e-mail addresses have none. */
  ofAttempt(origin: Origin, stored?: string): { always: Claim[]; ifWrong: Claim[] };
}

export function createRates(signInsPerMinute: number): Rates {
  const rate = (name: string, quota: number, windowSeconds: number): Rate => ({ name, quota, windowSeconds });
  const rates = {
    calls: rate('calls', 300, MINUTE),
    callsOfAddress: rate('calls-by-address', 3_000, MINUTE),
    passwordCalls: rate('password-calls', signInsPerMinute, MINUTE),
    signUps: rate('sign-ups', signInsPerMinute, MINUTE),
    mailRequests: rate('mails-by-address', signInsPerMinute, MINUTE),
    mailsOfAccount: rate('mails-by-account', 5, HOUR),
    verificationsOfAccount: rate('verifications-by-account', 5, HOUR),
    linksOfAccount: rate('sign-in-links-by-account', 5, HOUR),
    addressChanges: rate('address-changes-by-user', 5, HOUR),
    addressChangesTo: rate('address-changes-by-address', 5, HOUR),
    notices: rate('notices-by-account', 3, DAY),
    changeNotices: rate('change-notices-by-account', 5, HOUR),
    signIns: rate('sign-ins', SIGN_INS_PER_WRONG_PASSWORD * signInsPerMinute, MINUTE),
    wrongOfAddress: rate('wrong-passwords-by-address', signInsPerMinute, MINUTE),
    wrongOfAccount: rate('wrong-passwords-by-account', 100, HOUR),
    wrongOfNetwork: rate('wrong-passwords-by-network', 10, QUARTER_HOUR),
    wrongOfDevice: rate('wrong-passwords-by-device', 10, QUARTER_HOUR),
    wrongOfSession: rate('wrong-passwords-by-session', 10, QUARTER_HOUR),
    wrongCodes: rate('wrong-codes', 10, QUARTER_HOUR),
    wrongCodesOfDay: rate('wrong-codes-by-day', 30, DAY),
    wrongOfUser: rate('wrong-passwords-by-user', 20, QUARTER_HOUR),
  };

  return {
    ofRequest: ({ use, address, session }) => {
      if (use === 'session' || use === 'mail')
        return [session === undefined ? { rate: rates.callsOfAddress, subject: address } : { rate: rates.calls, subject: session }];
      if (use === 'provider' || use === 'link') return [{ rate: rates.signIns, subject: address }];
      return use === 'password' ? [{ rate: rates.passwordCalls, subject: session ?? address }] : [];
    },
    ofSignUp: ({ address }) => [{ rate: rates.signUps, subject: address }],
    ofMail: (address, email) => [
      { rate: rates.mailRequests, subject: address },
      { rate: rates.mailsOfAccount, subject: email },
    ],
    ofVerification: (address, email) => [
      { rate: rates.mailRequests, subject: address },
      { rate: rates.verificationsOfAccount, subject: email },
    ],
    ofVerificationMail: (email) => [{ rate: rates.verificationsOfAccount, subject: email }],
    ofLinkRequest: ({ address, device }, email) => [
      { rate: rates.mailRequests, subject: address },
      { rate: rates.linksOfAccount, subject: device.knows(email) ? `${device.id} ${email}` : email },
    ],
    ofWrongLink: ({ address }) => [{ rate: rates.wrongOfAddress, subject: address }],
    ofAddressChange: (userId, email) => [
      { rate: rates.addressChanges, subject: userId },
      { rate: rates.addressChangesTo, subject: email },
    ],
    ofNotice: (userId) => [{ rate: rates.notices, subject: userId }],
    ofChangeNotice: (userId, kind) => [{ rate: rates.changeNotices, subject: `${userId} ${kind}` }],
    ofCode: ({ address, device }, { id, email }, isOfApp) => {
      const isKnown = device.knows(email);
      const subject = isKnown ? `${device.id} ${id}` : id;
      const always = [{ rate: rates.wrongCodes, subject }, ...(isOfApp ? [{ rate: rates.wrongCodesOfDay, subject }] : [])];
      return isKnown ? always : [{ rate: rates.wrongOfAddress, subject: address }, ...always];
    },
    ofAttempt: ({ use, address, session = address, device, email }, stored = '') => {
      if (use === 'password') {
        const ifWrong = [
          { rate: rates.wrongOfSession, subject: session },
          { rate: rates.wrongOfUser, subject: stored },
        ];
        return { always: [], ifWrong };
      }
      const byStrangers = [
        { rate: rates.wrongOfAddress, subject: address },
        { rate: rates.wrongOfNetwork, subject: `${networkOf(address)} ${email}` },
        { rate: rates.wrongOfAccount, subject: email },
      ];
      const ifWrong = device.knows(email) ? [{ rate: rates.wrongOfDevice, subject: `${device.id} ${email}` }] : byStrangers;
      return { always: [{ rate: rates.signIns, subject: address }], ifWrong };
    },
  };
}
