import { isTimeZone } from '@todo/contract';
import { describe, expect, it } from 'vitest';
import { dueOf, instantOf, inZone, readDateTime, timestampOf } from './date-time.ts';
import { zoneOf } from './zones.ts';

const HOUR_MS = 3_600_000;

describe('a date or time of a file', () => {
  it.each([
    ['2026-11-30', '2026-11-30', undefined, undefined],
    ['20261130', '2026-11-30', undefined, undefined],
    ['2026-11-30 14:30', '2026-11-30', '14:30', undefined],
    ['2026-04-30T00:00:00.0000000', '2026-04-30', '00:00', undefined],
    ['20261105T090000Z', '2026-11-05', '09:00', '2026-11-05T09:00:00.000Z'],
    ['2026-06-01T21:00:00+0000', '2026-06-01', '21:00', '2026-06-01T21:00:00.000Z'],
    ['2026-06-01T21:00:00.1239-05:30', '2026-06-01', '21:00', '2026-06-02T02:30:00.123Z'],
    ['2026-06-01T21:00+02', '2026-06-01', '21:00', '2026-06-01T19:00:00.000Z'],
  ])('is read from %s', (text, date, time, instant) => {
    const read = readDateTime(text);
    expect([read?.date, read?.time, timestampOf(read?.instant)]).toEqual([date, time, instant]);
  });

  it.each([
    '',
    'tomorrow',
    'every day',
    '3.1.',
    '2026-02-30',
    '2026-13-01',
    '2026-11-30 24:00',
    '2026-11-30 12:60',
    '0001-01-01T00:00:00Z',
    '30 Nov',
    '2026-11',
  ])('is not found in %j', (text) => expect(readDateTime(text)).toBeUndefined());
});

describe('a zone', () => {
  /** Every zone, by the day and by the hour around both changes of the clocks, against the formatter of the platform. */
  it('shows each instant as its clocks do, and its clocks lead back to the instant', () => {
    const starts = ['2026-01-01', '2026-03-07', '2026-03-28', '2026-10-24', '2026-10-31', '2028-02-28', '2027-12-30'].map((day) =>
      Date.parse(`${day}T00:00:00Z`),
    );
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
      for (const start of starts)
        for (let instant = start; instant < start + 50 * HOUR_MS; instant += HOUR_MS / 2) {
          const { date, time } = inZone(instant, zone);
          expect(`${date} ${time}`, zone).toBe(clock.format(instant));
          const back = instantOf({ date, time, instant: undefined }, zone);
          expect(inZone(back, zone), zone).toEqual({ date, time });
        }
    }
  }, 120_000);

  it('is later by the hour that it skips, and takes the first of an hour that it has twice', () => {
    const at = (date: string, time: string) => timestampOf(instantOf({ date, time, instant: undefined }, 'Europe/Berlin'));
    expect(at('2026-03-29', '02:30')).toBe('2026-03-29T01:30:00.000Z');
    expect(at('2026-10-25', '02:30')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('has no instant for a date beyond the year 9999, to which the last hours of it may lead', () => {
    const { dueDate, dueTime } = dueOf({ date: '9999-12-31', time: '23:00', instant: Date.parse('9999-12-31T23:00:00Z') }, 'Asia/Tokyo');
    expect([dueDate, dueTime]).toEqual(['+010000-01-01', '08:00']);
    expect(instantOf({ date: dueDate, time: dueTime, instant: undefined }, 'Asia/Tokyo')).toBeNaN();
  });

  it('has the day of an instant that is midnight there', () => {
    expect(dueOf({ date: '2026-06-01', time: '21:00', instant: Date.parse('2026-06-01T21:00:00Z') }, 'Europe/Athens')).toEqual({
      dueDate: '2026-06-02',
      dueTime: '00:00',
      timeZone: 'Europe/Athens',
    });
  });

  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['W. Europe Standard Time', 'Europe/Berlin'],
    ['Pacific Standard Time', 'America/Los_Angeles'],
    ['AUS Eastern Standard Time', 'Australia/Sydney'],
    ['UTC', 'UTC'],
    ['/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['/citadel.org/20210210_1/Europe/Lisbon', 'Europe/Lisbon'],
    ['Customized Time Zone', undefined],
    ['Mars/Base', undefined],
    ['+01:00', undefined],
    ['', undefined],
  ])('named %j is %s', (name, zone) => {
    expect(zoneOf(name)).toBe(zone);
    expect(zone === undefined || isTimeZone(zone)).toBe(true);
  });
});
