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
  readonly area: string
  readonly areaGround: string
  readonly areaText: string
  readonly sharedGround: string
}

export const light: Palette = {
  page: '#f7f6f3', card: '#ffffff', sunk: '#f3f2ee', line: '#dedbd4', text: '#22262b', faint: '#5b636c', link: '#1f5c99',
  error: '#a32018', errorGround: '#fcebe9', warning: '#7a4a00', warningGround: '#fbf0da', hint: '#1c5a7d', hintGround: '#e6f1f7', good: '#23693a',
  area: '#c9d6e2', areaGround: '#f4f8fb', areaText: '#4a6076', sharedGround: '#fdf8ee',
}

export const dark: Palette = {
  page: '#15181b', card: '#1c2024', sunk: '#14171a', line: '#343a41', text: '#e4e7ea', faint: '#a0a9b2', link: '#8dbff0',
  error: '#ffa198', errorGround: '#3a1f1e', warning: '#eebd66', warningGround: '#352a15', hint: '#93cbea', hintGround: '#182d39', good: '#86cf9a',
  area: '#3b4a59', areaGround: '#1e262e', areaText: '#a9bed2', sharedGround: '#292418',
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
.frame{max-width:60rem;margin:0 auto;padding:0 clamp(1rem,4vw,2rem)}
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
.overview a:hover .title{text-decoration:underline}
.overview-rest{margin-top:.6rem}
.overview-rest .overview{margin-top:.4rem}
.parts{display:flex;flex-wrap:wrap;gap:.35rem 1.5rem;margin:1.4rem 0 0;font-size:.875rem}
.parts a{padding:.15rem 0}

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
.filter input[type=search]{flex:1 1 100%;min-width:0;width:16rem;max-width:100%}
#search.filter{margin:1.25rem 0 1rem}
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
/* the machine */
.machine{padding:clamp(.75rem,2.5vw,1.25rem)}
.vms{display:flex;flex-wrap:wrap;gap:.75rem;margin:0 0 1rem}
.vm{border:1px solid var(--line);border-radius:10px;padding:.5rem .9rem .65rem;background:var(--sunk);flex:0 1 auto;max-width:100%}
.vm h3{font-size:.9375rem;margin:0}
.vm h3 .faint{font-weight:400;font-size:.8125rem}
.vm p{margin:.15rem 0 0}
.host-marks{margin:0 0 .9rem}
.address{display:inline-block;min-height:1.5rem;font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.78125rem;white-space:nowrap}
.address.absent{color:var(--warning)}
.rows{list-style:none;margin:0;padding:0}
.tree .row{display:grid;grid-template-columns:auto minmax(0,3fr) minmax(0,2fr);align-items:stretch;font-size:.875rem;scroll-margin-top:2rem;border-radius:6px}
.tree .row:target{outline:2px solid var(--link);outline-offset:-2px}
.tree .row>.what{padding:.28rem .6rem .28rem .35rem}
.tree .row>.has{padding:.22rem .35rem;display:flex;flex-wrap:wrap;gap:.2rem .35rem;align-items:center;justify-content:flex-end}
.tree .row code{font-size:.78125rem;color:var(--faint);margin-right:.35em;white-space:nowrap}
.tree .row.gpu .name{font-weight:600}
.tree .row.gpu code{color:var(--text)}
.tree .row.bridge .name{color:var(--faint)}
.guides{display:flex;align-items:stretch;grid-row:1/3}
.guides i{position:relative;width:1.05rem;flex:none}
.guides i::before,.guides i::after{content:"";position:absolute;left:.5rem;border:0 solid var(--line)}
.guides .line::before,.guides .branch::before{top:0;bottom:0;border-left-width:1.5px}
.guides .end::before{top:0;height:.95rem;border-left-width:1.5px}
.guides .branch::after,.guides .end::after{top:.95rem;width:.5rem;border-top-width:1.5px;margin-top:-1.5px}
.area{border:1.5px solid var(--area);border-radius:10px;background:var(--area-ground);margin:.25rem -.1rem;overflow:clip}
.area.shared{border-color:var(--warning);background:var(--shared-ground)}
.area-name{margin:0;padding:.22rem .7rem;font-size:.78125rem;color:var(--area-text);display:flex;flex-wrap:wrap;gap:.1rem .6rem;align-items:center}
.area.shared .area-name{color:var(--warning)}
.elsewhere{padding:0 .7rem .4rem}
.chip{font-size:.75rem;line-height:1.35;padding:.05rem .45rem;border-radius:99rem;border:1px solid var(--line);white-space:nowrap;background:var(--card);max-width:100%;overflow:hidden;text-overflow:ellipsis}
.chip.faint{border-color:transparent;background:none;padding:.05rem .1rem}
.chip.none{border-style:dashed;color:var(--faint)}
.chip.passed{color:var(--good);border-color:currentColor}
.chip.wanted{color:var(--link);border-color:currentColor;font-weight:600}
.chip.narrow{color:var(--warning);border-color:currentColor}
.quiet{margin:.15rem 0;border-radius:8px}
.quiet>summary{font-size:.8125rem;font-weight:500;padding:.25rem .5rem;color:var(--faint)}
.key{margin:1rem 0 0}
.mark{display:inline-flex;align-items:center;min-height:1.5rem;gap:.3rem;font-size:.75rem;line-height:1.35;font-weight:600;text-decoration:none;border-radius:6px;padding:.1rem .45rem;margin:.05rem .3rem .05rem 0;max-width:100%}
.mark svg{width:.95em;height:.95em;flex:none;fill:currentColor}
.mark span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.mark:hover span{text-decoration:underline}
.mark.error{color:var(--error);background:var(--error-ground)}
.mark.warning{color:var(--warning);background:var(--warning-ground)}
.mark.hint{color:var(--hint);background:var(--hint-ground)}
.tree .row>.marks{grid-column:2/4;display:flex;flex-wrap:wrap;gap:.2rem .35rem;padding:0 .35rem .35rem}

/* the chain */
.chain-frame h2{font-size:.875rem;font-weight:400;color:var(--faint);margin:1.75rem 0 0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.chain{list-style:none;margin:.9rem 0 0;padding:0;display:flex}
.chain li{flex:1 1 0;min-width:0;position:relative;text-align:center;font-size:.8125rem;padding-top:1.9rem;color:var(--faint)}
.chain li::before{content:"";position:absolute;top:.62rem;left:-50%;width:100%;border-top:2px solid var(--line)}
.chain li:first-child::before{display:none}
.chain .passed::before,.chain .failed::before{border-color:var(--good)}
.chain .after::before{border-top-style:dashed;border-color:var(--line)}
.chain svg{position:absolute;top:0;left:calc(50% - .65rem);width:1.3rem;height:1.3rem;background:var(--page);border-radius:50%;z-index:1}
.chain a{color:inherit;text-decoration-color:var(--line)}
.chain .step{display:block;color:var(--text);font-weight:500;line-height:1.3}
.chain .failed .step{color:var(--error);font-weight:650}
.chain .unknown .step,.chain .not-reached .step{color:var(--faint)}
.chain .passed svg{fill:var(--good)}
.chain .failed svg{fill:var(--error)}
.chain .unknown svg,.chain .not-reached svg{fill:var(--faint)}
.chain-frame summary{font-weight:400;color:var(--faint)}

/* the timeline */
.strip{width:100%;height:auto;display:block;margin:0 0 .75rem;overflow:visible}
.strip text{font:13px system-ui,sans-serif;fill:var(--faint)}
.strip path{stroke:var(--line);stroke-width:1.5;fill:none}
.strip .tick{stroke-dasharray:2 4}
.strip circle{fill:var(--faint);fill-opacity:.55}
.strip .error{fill:var(--error);fill-opacity:1}
.strip .warning{fill:var(--warning);fill-opacity:1}
.strip .hint{fill:var(--hint);fill-opacity:1}
.moments{list-style:none;margin:0;padding:0;font-size:.8125rem}
.moment{display:grid;grid-template-columns:6.5rem 5.25rem minmax(0,1fr);gap:0 .6rem;padding:.18rem .5rem;border-left:3px solid transparent}
.moment .when{text-align:right;color:var(--faint);font-variant-numeric:tabular-nums}
.moment .source{color:var(--faint)}
.moment .source.hypervisor{color:var(--link)}
.moment code{font-size:.78125rem}
.moment .said a.small{font-size:.78125rem;margin-left:.25rem}
.moment .mark{margin-left:.4rem}
.moment.error,.moment.warning,.moment.hint{background:var(--sunk)}
.moment.error{border-left-color:var(--error)}
.moment.warning{border-left-color:var(--warning)}
.moment.hint{border-left-color:var(--hint)}

/* the evidence */
.piece{margin:0;border-top:1px solid var(--line)}
.piece>summary{padding:.4rem 0;font-weight:500;font-size:.9375rem}
.piece>summary code{font-size:.78125rem;color:var(--faint);display:inline-block;max-width:min(32rem,80%);overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:-.3em}
.piece[open]>summary code{white-space:normal;vertical-align:baseline;display:inline}
.text{display:grid;grid-template-columns:auto 1fr;background:var(--sunk);border:1px solid var(--line);border-radius:8px;margin:.2rem 0 .8rem;max-height:34rem;overflow:auto}
.text pre{padding:.5rem .7rem;white-space:pre;overflow-wrap:normal;font-size:.78125rem}
.text .numbers{color:var(--faint);text-align:right;user-select:none;border-right:1px solid var(--line);position:sticky;left:0;background:var(--sunk)}
.text .lines{min-width:max-content;tab-size:4}
mark{background:var(--warning-ground);color:inherit;font-weight:600;scroll-margin-top:6rem}
mark:target{outline:2px solid var(--link)}
.rest{margin:.2rem 0 .8rem}
.hits{flex-basis:100%;list-style:none;margin:0;padding:0;font-size:.8125rem;max-height:24rem;overflow-y:auto}
.hits button{display:block;width:100%;text-align:left;border:0;border-radius:6px;background:none;padding:.2rem .5rem;min-height:0;font-size:.8125rem;overflow-wrap:anywhere}
.hits button:hover{background:var(--sunk)}
.hits code{white-space:pre-wrap}
.card>#search:first-child{margin-top:0}
.hits .place{color:var(--faint);margin-right:.5em}

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
  .tree .row{grid-template-columns:auto minmax(0,1fr)}
  .tree .row>.has{grid-column:2;justify-content:flex-start;padding:0 .35rem .35rem}
  .tree .row>.what code{display:block}
  .guides{grid-row:1/4}
  .tree .row>.marks{grid-column:2}
  .guides i{width:.6rem}
  .guides i::before,.guides i::after{left:.2rem}
  .guides .branch::after,.guides .end::after{width:.35rem}
  .chain{flex-direction:column}
  .chain li{text-align:left;padding:0 0 .7rem 2rem}
  .chain li::before{top:-100%;left:.6rem;width:0;height:100%;border-top:0;border-left:2px solid var(--line)}
  .chain .after::before{border-left-style:dashed}
  .chain svg{left:0}
  .strip{display:none}
  .moment{grid-template-columns:auto 1fr}
  .moment .when{text-align:left}
  .moment .said{grid-column:1/3}
  .mark{max-width:100%}
  .mark span{white-space:normal}
  .copy.scripted{padding-right:.9rem}
  .copy button{position:static;display:block;margin:.5rem 0 0}
}
@media print{
  :root{${variables(light)};--page:#fff}
  body{font-size:10.5pt}
  .filter,.skip,.copy button,.pieces,nav{display:none!important}
  .card{border:0;border-top:2px solid var(--line);border-radius:0;padding:1rem 0}
  .copy.scripted{padding-right:.9rem}
  .quote,.copy,.caution{break-inside:avoid}
  h2,h3,h4,h5,figcaption{break-after:avoid}
  details:not(.quiet)::details-content{content-visibility:visible;display:block}
  .row,.moment,.area-name{break-inside:avoid}
  .moment{padding:.05rem .5rem}
}
`
