interface Series {
  title: string;
  /** For light and dark pages. */
  colours: readonly [string, string];
}

export interface BarChart {
  title: string;
  subtitle: string;
  series: readonly Series[];
  /** One bar per series, in order; none for an undefined value. */
  groups: readonly { label: string; values: readonly (number | undefined)[] }[];
  format(value: number): string;
  /** A line at the reference value. */
  mark?: { value: number; label: string };
}

const WIDTH = 800;
const LEFT = 190;
const RIGHT = 90;
const BAR = 15;
const GAP = 14;
const TOP = 92;

const encoded = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x: number, y: number, kind: string, content: string, anchor = 'start') =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${encoded(content)}</text>`;

const style = (series: readonly Series[]) => {
  const fills = (shade: 0 | 1) => series.map(({ colours }, i) => `.s${i}{fill:${colours[shade]}}`).join('');
  return `<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:17px;font-weight:600}.quiet{fill:#59636e}.mark{stroke:#59636e;stroke-dasharray:3 3}${fills(0)}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}.mark{stroke:#9198a1}${fills(1)}}</style>`;
};

/** Horizontal bars as SVG, with a transparent background and colours for light and dark pages. */
export function drawBars({ title, subtitle, series, groups, format, mark }: BarChart): string {
  const known = groups.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...known, mark?.value ?? 0);
  const parts = [text(0, 18, 'title', title), text(0, 40, 'quiet', subtitle)];
  let x = 0;
  for (const [i, each] of series.entries()) {
    parts.push(`<rect x="${x}" y="55" width="12" height="12" rx="2" class="s${i}"/>`, text(x + 18, 66, '', each.title));
    x += 40 + each.title.length * 7;
  }
  let y = TOP;
  for (const group of groups) {
    const { label } = group;
    const values = group.values.flatMap((value, i) => (value === undefined ? [] : [{ value, i }]));
    parts.push(text(LEFT - 10, y + (BAR * values.length) / 2 + 4, '', label, 'end'));
    for (const [row, { value, i }] of values.entries()) {
      const width = Math.max(1, value * scale).toFixed(1);
      parts.push(`<rect x="${LEFT}" y="${y + row * BAR}" width="${width}" height="${BAR - 2}" rx="2" class="s${i}"/>`);
      parts.push(text(LEFT + Number(width) + 6, y + row * BAR + 11, 'quiet', format(value)));
    }
    y += BAR * values.length + GAP;
  }
  if (mark) {
    const at = (LEFT + mark.value * scale).toFixed(1);
    parts.push(`<line x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${y - GAP + 4}" class="mark"/>`, text(Number(at), TOP - 12, 'quiet', mark.label, 'middle'));
  }
  const height = y + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${encoded(title)}">
${style(series)}
${parts.join('\n')}
</svg>
`;
}
