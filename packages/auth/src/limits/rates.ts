import type { Use } from '../routes.ts';
import type { Device } from './devices.ts';
import type { Rate } from './rate-limited.ts';
import type { Claim } from './rate-limits.ts';

const MINUTE = 60;
const QUARTER_HOUR = 900;

/** A whole office shares an address, so it has ten times as many sign-ins as wrong passwords. */
const SIGN_INS_PER_WRONG_PASSWORD = 10;

/** Whom a request comes from. */
export interface Origin {
  use: Use;
  address: string;
  /** The token of the session, if its signature is valid. Others could be invented, and each would get a row. */
  session: string | undefined;
  device: Device;
  /** The e-mail address of a sign-in, in lower case. */
  email: string;
}

export interface Rates {
  /** What every request of its kind counts, before it reaches Better Auth. */
  ofRequest(origin: Origin): Claim[];
  ofSignUp(origin: Origin): Claim[];
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
    signIns: rate('sign-ins', SIGN_INS_PER_WRONG_PASSWORD * signInsPerMinute, MINUTE),
    wrongOfAddress: rate('wrong-passwords-by-address', signInsPerMinute, MINUTE),
    wrongOfAccount: rate('wrong-passwords-by-account', 10, QUARTER_HOUR),
    wrongOfDevice: rate('wrong-passwords-by-device', 10, QUARTER_HOUR),
    wrongOfSession: rate('wrong-passwords-by-session', 10, QUARTER_HOUR),
    wrongOfUser: rate('wrong-passwords-by-user', 20, QUARTER_HOUR),
  };

  return {
    ofRequest: ({ use, address, session }) => {
      if (use === 'session') return [session === undefined ? { rate: rates.callsOfAddress, subject: address } : { rate: rates.calls, subject: session }];
      return use === 'password' ? [{ rate: rates.passwordCalls, subject: session ?? address }] : [];
    },
    ofSignUp: ({ address }) => [{ rate: rates.signUps, subject: address }],
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
        { rate: rates.wrongOfAccount, subject: email },
      ];
      const ifWrong = device.knows(email) ? [{ rate: rates.wrongOfDevice, subject: `${device.id} ${email}` }] : byStrangers;
      return { always: [{ rate: rates.signIns, subject: address }], ifWrong };
    },
  };
}
