/** The one style sheet: no script, no font to load; logical properties, so that right-to-left text sits right. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #dfe3e8; --text: #1b2430; --soft: #5b6675; --accent: #0b62a8;
  --good: #17693a; --good-bg: #e2f3e8; --warn: #8a5300; --warn-bg: #fdf0d9; --bad: #a3221f; --bad-bg: #fce6e5; --mute-bg: #e9edf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11161c; --card: #1a2129; --line: #2d3742; --text: #e4e9ef; --soft: #9aa7b5; --accent: #6cb6f5;
    --good: #7fd6a0; --good-bg: #173424; --warn: #f2c06b; --warn-bg: #3a2c10; --bad: #ff9a94; --bad-bg: #421c1b; --mute-bg: #26303a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans Devanagari", "Noto Sans CJK SC", sans-serif;
}
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
:lang(ur) { line-height: 1.9; }
header { background: var(--card); border-block-end: 1px solid var(--line); }
header nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: center; max-width: 68rem; margin: auto; padding: .7rem 1rem; }
header strong { margin-inline-end: .5rem; }
header a { text-decoration: none; padding-block: .2rem; }
header a[aria-current] { color: inherit; font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
header form { margin-inline-start: auto; }
main { max-width: 68rem; margin: auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.35; margin: .6rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .6rem; }
h3 { font-size: .85rem; color: var(--soft); margin: 1rem 0 .3rem; font-weight: 600; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin-block: 1rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 1rem; align-items: start; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin-block: 1rem; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.soft, .tiles span, time, .place { color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: start; font-size: .85rem; color: var(--soft); font-weight: 600; }
th, td { padding: .45rem .6rem; border-block-end: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { padding-inline-start: 0; }
tr:last-child > td, tr:last-child > th { border-block-end: 0; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.key { color: var(--soft); white-space: nowrap; }
.place { display: block; overflow-wrap: anywhere; }
.tag { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .8rem; background: var(--mute-bg); white-space: nowrap; }
.good { color: var(--good); background: var(--good-bg); }
.warn { color: var(--warn); background: var(--warn-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline > li { display: grid; grid-template-columns: 3.2rem 1fr; gap: 0 .7rem; padding-block: .5rem; border-block-start: 1px solid var(--line); }
.timeline > li:first-child { border-block-start: 0; }
.timeline .machine { opacity: .6; }
.timeline .what { overflow-wrap: anywhere; }
.amount { font-variant-numeric: tabular-nums; font-weight: 600; white-space: nowrap; }
form.search { display: flex; gap: .5rem; flex-wrap: wrap; margin-block: .8rem; }
input, button { font: inherit; color: inherit; padding: .4rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); }
input { flex: 1 1 12rem; min-width: 0; max-width: 26rem; }
button { cursor: pointer; background: var(--accent); border-color: var(--accent); color: var(--card); }
button.plain { background: none; border: 0; padding: 0; color: var(--accent); }
.login { max-width: 24rem; margin: 10vh auto; }
.login form { display: grid; gap: .8rem; }
.pages { display: flex; gap: 1rem; margin-block: 1rem 0; }
.empty { color: var(--soft); }
@media (max-width: 34rem) {
  table.stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack thead { display: none; }
  .stack tr { padding-block: .5rem; border-block-end: 1px solid var(--line); }
  .stack tr:last-child { border-block-end: 0; }
  .stack td { border: 0; padding: .05rem 0; }
}
`.trim()

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#0b62a8" stroke-width="4" stroke-linecap="round"><path d="M5 4c0 10 11 8 11 18"/><path d="M27 4c0 10-11 8-11 18"/><path d="M16 4v24"/></g></svg>`
