/** What one person did, by the titles of their tasks. */
export interface Account {
  name: string;
  acknowledged: Set<string>;
  refused: Set<string>;
  /** What a stream has reported; undefined for a person without one. */
  seen: Set<string> | undefined;
}

/** What the server holds at the end, compared with what it had said. All numbers must be 0. */
export interface Comparison {
  lost: number;
  refusedButThere: number;
  twice: number;
  foreign: number;
  /** Changes that no stream has reported. */
  unseen: number;
}

/** Compares the accounts with the titles that the server returns for each. A title begins with the name of its person. */
export function compare(accounts: { account: Account; titles: string[] }[]): Comparison {
  const comparison = { lost: 0, refusedButThere: 0, twice: 0, foreign: 0, unseen: 0 };
  for (const { account, titles } of accounts) {
    const there = new Set(titles);
    const { name, acknowledged, refused, seen } = account;
    comparison.lost += [...acknowledged].filter((title) => !there.has(title)).length;
    comparison.refusedButThere += [...refused].filter((title) => there.has(title)).length;
    comparison.twice += titles.length - there.size;
    comparison.foreign += titles.filter((title) => !title.startsWith(name)).length;
    if (seen) comparison.unseen += [...acknowledged].filter((title) => !seen.has(title)).length;
  }
  return comparison;
}
