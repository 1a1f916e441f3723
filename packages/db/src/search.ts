import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/** Characters that search ignores: control characters except white space, the accents U+0300 to U+036F, and format or default-ignorable characters. */
const ignored = [
  String.raw`\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160`,
  String.raw`\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000110bd\U000110cd`,
  String.raw`\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff`,
].join('');

/** White space that NFKD does not change, and the blank Braille pattern, which looks like white space. */
const blanks = String.raw`\u0009-\u000d \u0085\u1680\u2028\u2029\u2800`;

/**
 * Text in the form that search compares. Stored text and queries may be folded by different versions of PostgreSQL, so this uses only built-in immutable
 * functions, each with an explicit collation. It uses `lower`, whose result stays the same when a later Unicode version adds an uppercase form. See docs/decisions/0021-search.md.
 */
export function folded(text: SQL): SQL {
  const visible = sql`regexp_replace(normalize(${text}, NFKD) collate "C", '[${sql.raw(ignored)}]+', '', 'g')`;
  const whole = sql`replace(replace(replace(lower(${visible} collate "und-x-icu"), 'ß', 'ss'), 'ς', 'σ'), 'ı', 'i')`;
  // ASCII without control characters needs neither normalizing nor ICU.
  const isPlain = sql`octet_length(${text}) = char_length(${text}) and ${text} collate "C" !~ '[\\u0001-\\u0008\\u000e-\\u001f\\u007f]'`;
  return sql`case when ${isPlain} then lower(${text} collate "C") collate "default" else ${whole} collate "default" end`;
}

/**
 * Whether folded text contains every word of the query, in any order; a query without words matches everything. The sub-select runs once per statement.
 * `coalesce` hides the patterns from the planner. Otherwise it expects almost no matches and reads all tasks, where an index scan would soon fill the page.
 */
export function containsWords(foldedText: SQLWrapper, query: SQLWrapper): SQL {
  const escaped = sql`regexp_replace(${folded(sql`query`)}, '[\\\\%_]', '\\\\\\&', 'g')`;
  const words = sql`(select ${query}::text as query) input, regexp_split_to_table(${escaped}, '[${sql.raw(blanks)}]+') word`;
  const patterns = sql`array(select '%' || word || '%' from ${words})`;
  return sql`coalesce(${foldedText} like all (${patterns}), false)`;
}
