interface Series {
  title: string;
  /** For light and dark pages. */
  colours: readonly [string, string];
}

interface Bar {
  /** Parts of the bar, from left to right; all but the first are drawn lighter. */
  parts: readonly number[];
  label: string;
}

export interface BarChart {
  title: string;
  subtitle: string;
  series: readonly Series[];
  /** One bar per series, in order; none for an undefined value. */
  groups: readonly { label: string; bars: readonly (Bar | undefined)[] }[];
}

const WIDTH = 800;
const LEFT = 150;
const RIGHT = 170;
const BAR = 15;
const GAP = 14;
const TOP = 86;

const encoded = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x: number, y: number, kind: string, content: string, anchor = 'start') =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${encoded(content)}</text>`;

const style = (series: readonly Series[]) => {
  const fills = (shade: 0 | 1) => series.map(({ colours }, i) => `.s${i}{fill:${colours[shade]}}`).join('');
  return `<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:17px;font-weight:600}.quiet{fill:#59636e}.light{fill-opacity:.5}${fills(0)}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}${fills(1)}}</style>`;
};

/** Horizontal bars as SVG, with a transparent background and colours for light and dark pages. */
export function drawBars({ title, subtitle, series, groups }: BarChart): string {
  const total = ({ parts }: Bar) => parts.reduce((sum, part) => sum + part, 0);
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...groups.flatMap(({ bars }) => bars.map((bar) => (bar ? total(bar) : 0))));
  const drawn = [text(0, 18, 'title', title), text(0, 40, 'quiet', subtitle)];
  let x = 0;
  for (const [i, each] of series.entries()) {
    drawn.push(`<rect x="${x}" y="55" width="12" height="12" class="s${i}"/>`, text(x + 18, 66, '', each.title));
    x += 40 + each.title.length * 7;
  }
  let y = TOP;
  for (const { label, bars } of groups) {
    const known = bars.flatMap((bar, i) => (bar ? [{ bar, i }] : []));
    drawn.push(text(LEFT - 10, y + (BAR * known.length) / 2 + 4, '', label, 'end'));
    for (const { bar, i } of known) {
      let from = LEFT;
      for (const [n, part] of bar.parts.entries()) {
        drawn.push(`<rect x="${from.toFixed(1)}" y="${y}" width="${(part * scale).toFixed(1)}" height="${BAR - 2}" class="s${i}${n > 0 ? ' light' : ''}"/>`);
        from += part * scale;
      }
      drawn.push(text(Math.round(from) + 6, y + 11, 'quiet', bar.label));
      y += BAR;
    }
    y += GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${encoded(title)}">
${style(series)}
${drawn.join('\n')}
</svg>
`;
}
