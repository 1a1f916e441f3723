import { type EntityName, entities, POSITION_MAX_BYTES } from '@todo/contract';
import { placeOf } from '../schema/tasks.ts';

/** The entries of a manual order among which an entity's position counts. */
const siblings: Record<EntityName, string> = {
  list: '',
  task: ` and ${placeOf('t')} = ${placeOf('new')}`,
};

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * An entity without a position gets the one after the last; if that would be too long, the last ones are tied. Most keys are an integer whose last digit can be
 * raised. That needs no call of position_between, which takes a twentieth of an insertion's processor time.
 */
export function positionOf(name: EntityName): { variables: string; assignments: string } {
  const variables = `
  last_position text;`;
  const assignments = `
    if new.position is null then
      select t.position into last_position from public.${entities[name].table} t where t.user_id = new.user_id${siblings[name]}
      order by t.position collate "C" desc, t.id desc limit 1;
      if length(last_position) = ascii(last_position) - 95 and right(last_position, 1) <> 'z' then
        new.position := left(last_position, -1) || translate(right(last_position, 1), '${DIGITS.slice(0, -1)}', '${DIGITS.slice(1)}');
      else
        new.position := public.position_between(last_position, null);
        if octet_length(new.position) > ${POSITION_MAX_BYTES} then
          new.position := last_position;
        end if;
      end if;
    end if;`;
  return { variables, assignments };
}
