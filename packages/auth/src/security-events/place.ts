import type { Origin } from '../limits/rates.ts';
import { deviceName } from '../sessions/device.ts';

/** Where a request came from, in words that its user may read. */
export interface Place {
  device: string | null;
  ipAddress: string | null;
}

export const placeOf = ({ address, userAgent }: Pick<Origin, 'address' | 'userAgent'>): Place => ({
  device: deviceName(userAgent),
  ipAddress: address || null,
});
