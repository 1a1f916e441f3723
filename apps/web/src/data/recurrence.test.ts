import { expect, it } from 'vitest';
import { type Preset, presetOf, presets, ruleOf } from './recurrence.ts';

it.each<[Preset, string, string]>([
  ['daily', '2026-03-10', 'FREQ=DAILY'],
  ['workdays', '2026-03-10', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
  ['weekly', '2026-03-10', 'FREQ=WEEKLY;BYDAY=TU'],
  ['weekly', '2026-03-15', 'FREQ=WEEKLY;BYDAY=SU'],
  ['monthly', '2026-03-10', 'FREQ=MONTHLY;BYMONTHDAY=10'],
  ['monthly', '2026-03-31', 'FREQ=MONTHLY'],
  ['yearly', '2026-03-10', 'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=10'],
])('%s from %s is %s', (preset, date, rule) => {
  expect(ruleOf(preset, date)).toBe(rule);
});

it('a rule is recognized as the preset that made it, also after the server has completed it', () => {
  for (const preset of presets) for (const date of ['2026-03-10', '2026-01-31', '2024-02-29']) expect(presetOf(ruleOf(preset, date)), date).toBe(preset);
  expect(presetOf('FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1')).toBe('monthly');
  expect(presetOf('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1')).toBe('yearly');
});

it.each(['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO', 'FREQ=DAILY;COUNT=3', 'FREQ=WEEKLY;BYDAY=MO,WE', 'FREQ=MONTHLY;BYDAY=1MO'])('%s is no preset', (rule) => {
  expect(presetOf(rule)).toBe('custom');
});
