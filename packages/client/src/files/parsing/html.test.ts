import { expect, it } from 'vitest';
import { htmlToText, isHtml } from './html.ts';

it.each([
  ['<p>cold <b>side</b></p>', 'cold side'],
  ['a<br>b<br/>c', 'a\nb\nc'],
  ['<p>one</p>\n<p>two&nbsp;&amp; three &#x1F9C0;</p>', 'one\ntwo & three 🧀'],
  ['<ul><li>milk</li><li>bread</li></ul>after', '- milk\n- bread\nafter'],
  ['<ul><li data-checked="true">done</li><li data-checked="false">open</li></ul>', '- [x] done\n- [ ] open'],
  [
    '<a href="https://x.example/">site</a> <a href="https://y.example">https://y.example</a> <a href="javascript:alert(1)">no</a>',
    'site (https://x.example/) https://y.example no',
  ],
  ['<html><head><style>p{}</style><title>t</title></head><body><script>x<y</script>text</body></html>', 'text'],
  ['<p>never closed <b>and <i>so on', 'never closed and so on'],
  ['1 < 2 &lt; 3', '1 < 2 < 3'],
  ['<table><tr><td>a</td></tr><tr><td>b</td></tr></table>', 'a\nb'],
  ['', ''],
])('the text of %j is %j', (html, text) => {
  expect(htmlToText(html)).toBe(text);
});

it('text with signs that are no tags is not HTML', () => {
  expect(['1 < 2 > 0', 'a <- b', '<me@example.com>', ''].map(isHtml)).toEqual([false, false, false, false]);
  expect(['<p>a', 'a<br/>', '<A href="x">'].map(isHtml)).toEqual([true, true, true]);
});
