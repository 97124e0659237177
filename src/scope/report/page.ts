import { createHash } from "node:crypto";
import { markup, say, type Html, type Words } from "./html.ts";

const style = `
:root {
  color-scheme:light dark; --back:#fff; --text:#1b1f24; --soft:#57606a; --line:#d8dee4; --bar:#0b62a8;
  --box:#f4f6f8;
}
@media (prefers-color-scheme:dark) {
  :root { --back:#14181d; --text:#e6e9ed; --soft:#9aa4af; --line:#333b44; --bar:#58a6e0; --box:#1d232a }
}
* { box-sizing:border-box }
body {
  margin:0 auto; max-width:60rem; padding:1.5rem; background:var(--back); color:var(--text);
  font:16px/1.6 system-ui,"Hiragino Sans","Noto Sans CJK JP","Yu Gothic UI",sans-serif;
}
h1 { font-size:1.7rem; line-height:1.3; margin:.5rem 0 }
h2 { font-size:1.25rem; margin:2.5rem 0 .5rem; border-top:1px solid var(--line); padding-top:1rem }
h3 { font-size:1rem; margin:1.5rem 0 .3rem }
p { max-width:46rem }
.soft { color:var(--soft) }
input[name=language] { position:absolute; opacity:0 }
.switch label { border:1px solid var(--line); padding:.25rem .8rem; cursor:pointer; display:inline-block }
#ja:checked~header label[for=ja],
#en:checked~header label[for=en] { background:var(--bar); color:var(--back) }
#ja:focus-visible~header label[for=ja],
#en:focus-visible~header label[for=en] { outline:3px solid var(--soft) }
#ja:checked~* [lang=en],
#en:checked~* [lang=ja] { display:none }
.range { font-size:2.2rem; font-weight:600; font-variant-numeric:tabular-nums; margin:.2rem 0 }
.facts {
  display:grid; grid-template-columns:repeat(auto-fit,minmax(11rem,1fr)); gap:.75rem; margin:1rem 0;
  padding:0;
}
.facts div { background:var(--box); padding:.7rem .9rem }
.facts dt { color:var(--soft); font-size:.9rem }
.facts dd { margin:0; font-size:1.35rem; font-variant-numeric:tabular-nums }
.scroll { overflow-x:auto; max-width:100% }
pre code { overflow-wrap:normal }
table { border-collapse:collapse; margin:.5rem 0 1rem; font-size:.92rem }
caption { text-align:left; color:var(--soft); padding:.2rem 0 }
th, td {
  text-align:left; padding:.3rem .8rem .3rem 0; border-bottom:1px solid var(--line); vertical-align:top;
  font-weight:400;
}
thead th { font-weight:600 }
.number { text-align:right; font-variant-numeric:tabular-nums }
code { font:0.88em ui-monospace,monospace; overflow-wrap:anywhere }
h1, h2, p, figure, dl { overflow-wrap:anywhere }
pre { max-width:100%; background:var(--box); padding:.8rem; overflow-x:auto }
figure { margin:1rem 0 }
figcaption { color:var(--soft); font-size:.92rem }
svg { width:100%; height:auto; max-width:45rem }
.bar { fill:var(--bar) }
.label, .value { fill:var(--text); font-size:13px }
.label.end { text-anchor:end }
.middle { text-anchor:middle; font-size:11px }
.axis { stroke:var(--line) }
details { margin:.3rem 0 1rem }
summary { cursor:pointer; color:var(--soft) }
@media print {
  body { max-width:none; padding:0; font-size:11pt }
  .switch, summary { display:none }
  h2 { break-after:avoid }
  figure, tr { break-inside:avoid }
  details::details-content { content-visibility:visible }
  :root { --back:#fff; --text:#000; --soft:#333; --line:#bbb; --bar:#444; --box:#eee }
}
`;

/** A whole page in one file: no script, nothing from elsewhere, one language shown at a time. */
export function page(title: Words, body: readonly Html[]): string {
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const head = [
    `<!doctype html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width">`,
    `<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">`,
    `<title>${title.ja} / ${title.en}</title>\n<style>${style}</style>\n</head>`,
  ];
  const top = markup`<body>
<input type="radio" name="language" id="ja" checked aria-label="日本語">
<input type="radio" name="language" id="en" aria-label="English">
<header><div class="switch"><label for="ja">日本語</label><label for="en">English</label></div>
<h1>${say(title)}</h1></header>
<main>
${body}
</main>
</body>
</html>
`;
  return `${head.join("\n")}\n${top.text}`;
}
