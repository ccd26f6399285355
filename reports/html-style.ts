/** The look of the HTML report: one palette for light and one for dark, and the style sheet made from them. */

/** Colours by role. Every text colour has a contrast of 4.5 or more on the grounds it stands on; the tests count it. */
export interface Palette {
  readonly page: string
  readonly card: string
  readonly sunk: string
  readonly line: string
  readonly text: string
  readonly faint: string
  readonly link: string
  readonly error: string
  readonly errorGround: string
  readonly warning: string
  readonly warningGround: string
  readonly hint: string
  readonly hintGround: string
  readonly good: string
}

export const light: Palette = {
  page: '#f7f6f3', card: '#ffffff', sunk: '#f3f2ee', line: '#dedbd4', text: '#22262b', faint: '#5b636c', link: '#1f5c99',
  error: '#a32018', errorGround: '#fcebe9', warning: '#7a4a00', warningGround: '#fbf0da', hint: '#1c5a7d', hintGround: '#e6f1f7', good: '#23693a',
}

export const dark: Palette = {
  page: '#15181b', card: '#1c2024', sunk: '#14171a', line: '#343a41', text: '#e4e7ea', faint: '#a0a9b2', link: '#8dbff0',
  error: '#ffa198', errorGround: '#3a1f1e', warning: '#eebd66', warningGround: '#352a15', hint: '#93cbea', hintGround: '#182d39', good: '#86cf9a',
}

const variables = (palette: Palette): string =>
  Object.entries(palette).map(([name, colour]) => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}:${colour}`).join(';')

export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);overflow-wrap:anywhere;
  font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
.frame{max-width:56rem;margin:0 auto;padding:0 clamp(1rem,4vw,2rem)}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:1}
h1,h2,h3,h4,h5,h6{line-height:1.3;margin:0;text-wrap:balance;font-weight:650}
p{margin:.6rem 0 0}
.faint{color:var(--faint)}
.small{font-size:.875rem}

header{padding:clamp(1.75rem,5vw,3.5rem) 0 1.5rem}
.tool{margin:0 0 .5rem;color:var(--faint);font-size:.875rem;letter-spacing:.02em}
h1{font-size:clamp(1.3rem,1.05rem + 1.2vw,1.65rem)}
.calm h1{color:var(--good)}
.run{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:1.25rem 0 0;font-size:.9375rem}
.run dt{color:var(--faint)}
.run dd{margin:0}
.overview{list-style:none;margin:1.5rem 0 0;padding:0;border-top:1px solid var(--line)}
.overview li{border-bottom:1px solid var(--line)}
.overview a{display:grid;grid-template-columns:6.75rem 1fr;gap:.25rem 1rem;align-items:baseline;
  padding:.55rem .25rem;color:inherit;text-decoration:none}
.overview .faint{display:block}
.overview a:hover .title{text-decoration:underline}

h2{font-size:1.2rem;margin:2.75rem 0 1rem}
h2 .faint{font-weight:400}
.badge{display:inline-flex;align-items:center;gap:.4em;font-size:.8125rem;font-weight:650;padding:.1rem .6rem;
  border-radius:99rem;white-space:nowrap;justify-self:start}
.badge svg{width:.85em;height:.85em;flex:none;fill:currentColor}
.badge.error{color:var(--error);background:var(--error-ground)}
.badge.warning{color:var(--warning);background:var(--warning-ground)}
.badge.hint{color:var(--hint);background:var(--hint-ground)}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:clamp(1rem,3.5vw,1.75rem);margin:0 0 1.25rem}
.card h3{font-size:1.15rem;margin-top:.6rem}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;margin:.35rem 0 0;padding:0;color:var(--faint);font-size:.875rem}
.prose p{white-space:pre-line}
h4{font-size:1rem;margin-top:1.6rem}
h5,h6{font-size:.9375rem;line-height:1.3;font-weight:650;margin:1rem 0 0}

figure{margin:.75rem 0 0}
figcaption{font-size:.8125rem;color:var(--faint);margin:0 0 .3rem}
pre,code,kbd{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.84375rem}
p code,li>code,dd code{background:var(--sunk);padding:.1em .3em;border-radius:4px}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5}
.quote{background:var(--sunk);border:1px solid var(--line);border-radius:8px;padding:.5rem 0;tab-size:4}
.quote .row{display:grid;grid-template-columns:auto 1fr;gap:0 .8rem;padding:.05rem .9rem;color:var(--faint);border-left:3px solid transparent}
.quote .row.cited{color:var(--text);background:var(--card);border-left-color:var(--link);font-weight:600}
.quote .number:empty{display:none}
.quote .number:empty+code{grid-column:1/3}
.quote .number{text-align:right;min-width:2.5ch;user-select:none;font-weight:400;color:var(--faint)}

.fix{border-top:1px solid var(--line);margin-top:1.6rem}
.fix h4,.fix>h5{margin-top:1.1rem}
summary+.fix{border-top:0;margin-top:.4rem}
summary+.fix>h5{margin-top:.2rem}
.caution{margin:.8rem 0 0;padding:.55rem .9rem;border-radius:8px;background:var(--warning-ground);color:var(--warning)}
ol.steps{margin:.8rem 0 0;padding-left:1.6rem}
ol.steps>li{margin:.6rem 0 0;padding-left:.2rem}
ol.steps>li::marker{color:var(--faint);font-variant-numeric:tabular-nums}
.copy{position:relative;background:var(--sunk);border:1px solid var(--line);border-radius:8px;padding:.55rem .9rem;margin:.35rem 0 .25rem}
.copy.scripted{padding-right:5.25rem}
.copy button{position:absolute;top:.3rem;right:.3rem;min-height:1.75rem;padding:0 .7rem}
button,select,input[type=search]{font:inherit;font-size:.875rem;color:var(--text);background:var(--card);
  border:1px solid var(--faint);border-radius:8px;padding:.2rem .7rem;min-height:2rem}
button{cursor:pointer;border-color:var(--line)}
button:hover{border-color:var(--faint)}
.shows{margin:.2rem 0 0;font-size:.875rem;color:var(--faint)}

details{margin-top:1.1rem}
details:first-child{margin-top:0}
summary{cursor:pointer;font-weight:600;padding:.25rem 0;border-radius:4px}
summary .faint{font-weight:400}
.consequences{border-top:1px solid var(--line);padding-top:.9rem}
.consequence{border-left:3px solid var(--line);padding:.1rem 0 .1rem 1.1rem;margin:1rem 0 .5rem}
.consequence h4{margin-top:.4rem}

.filter{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin:0 0 1.25rem}
.filter[hidden]{display:none}
.filter label,.filter fieldset{display:inline-flex;gap:.45rem;align-items:center;font-size:.9375rem}
.filter fieldset{border:0;padding:0;margin:0;gap:1rem;flex-wrap:wrap}
.filter legend{position:absolute;left:-99rem}
.filter input[type=search]{flex:1 1 14rem;min-width:0;width:16rem;max-width:100%}
.filter select{max-width:14rem}
.filter output{color:var(--faint);font-size:.875rem}
[hidden]{display:none}

.gap{border-top:1px solid var(--line);padding:1rem 0 1.1rem}
.gap:last-child{padding-bottom:0}
.gap:first-child{border-top:0;padding-top:0}
.gap h3{font-size:1rem;font-weight:600;margin:0}
.gap ul{margin:.5rem 0 0;padding-left:1.2rem;font-size:.9375rem}
.gap ul .badge{font-size:.75rem}
.gap .tell{margin-top:.6rem;font-size:.875rem;color:var(--faint)}
table{border-collapse:collapse;table-layout:fixed;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .8rem .5rem 0;border-bottom:1px solid var(--line)}
th{font-size:.8125rem;color:var(--faint);font-weight:600}
tbody th{font-size:inherit;color:inherit;font-weight:500}
tr:last-child>*{border-bottom:0}
.status-denied,.status-cut,.status-timeout,.status-failed{color:var(--warning);font-weight:600}
.status-absent{color:var(--faint)}
footer{margin:3rem 0 0;padding:1.25rem 0 3rem;border-top:1px solid var(--line);color:var(--faint);font-size:.875rem}
footer p{margin:.3rem 0}

@media (max-width:40rem){
  .overview a{grid-template-columns:1fr}
  .run{grid-template-columns:1fr;gap:0}
  .run dd{margin-bottom:.4rem}
  table,tbody,tr,th,td{display:block}
  thead{position:absolute;left:-99rem}
  tr{border-bottom:1px solid var(--line);padding:.6rem 0}
  tr:last-child{border-bottom:0}
  th,td{border:0;padding:.05rem 0}
  .quote .row{padding:.05rem .6rem;gap:0 .55rem}
  .copy.scripted{padding-right:.9rem}
  .copy button{position:static;display:block;margin:.5rem 0 0}
}
@media print{
  :root{${variables(light)};--page:#fff}
  body{font-size:10.5pt}
  .filter,.skip,.copy button{display:none!important}
  .card{border:0;border-top:2px solid var(--line);border-radius:0;padding:1rem 0}
  .copy.scripted{padding-right:.9rem}
  .quote,.copy,.caution{break-inside:avoid}
  h2,h3,h4,h5,figcaption{break-after:avoid}
  details::details-content{content-visibility:visible;display:block}
}
`
