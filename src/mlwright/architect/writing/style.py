"""The look of the page that holds all documents: light and dark, narrow screens, and paper."""

STYLE = """\
:root{color-scheme:light dark;--surface:light-dark(#fff,#181c22);--page:light-dark(#f7f8fa,#101317);
--surface-sunken:light-dark(#f1f3f6,#14181d);--border:light-dark(#dfe3e9,#2b323b);--text:light-dark(#171c23,#e8ecf1);
--text-quiet:light-dark(#566170,#9ba7b5);--accent:light-dark(#1d5bb8,#82b4ff);--warn:light-dark(#85500a,#e5b35d);
--warn-soft:light-dark(#fcf1dc,#352813)}
*{box-sizing:border-box}
html{font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color:var(--text);
background:var(--page)}
body{margin:0 auto;max-width:1180px;padding:28px 24px 80px;overflow-wrap:break-word}
h1{font-size:1.8rem;letter-spacing:-.02em;margin:0 0 .3em}h2{font-size:1.35rem;margin:0 0 .6em}
h3{font-size:1.05rem;margin:1.8em 0 .5em}h4{font-size:.95rem;margin:1.5em 0 .4em}
p{max-width:84ch;margin:.7em 0}ul,ol{max-width:84ch;padding-left:1.3em}li{margin:.25em 0}a{color:var(--accent)}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.88em}
pre{overflow-x:auto;padding:12px 14px;background:var(--surface-sunken);border:1px solid var(--border);border-radius:6px}
.lede,figcaption,.quiet{color:var(--text-quiet)}
.document{background:var(--surface);border:1px solid var(--border);border-radius:8px;padding:24px 28px;margin:28px 0}
.table-wrap{overflow-x:auto;margin:1em 0}table{border-collapse:collapse;width:100%;font-size:.93rem}
th,td{padding:7px 12px 7px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--border)}
th{font-size:.82rem;font-weight:550;color:var(--text-quiet);white-space:nowrap}.num{text-align:right;padding-right:18px}
td:last-child{font-size:.88rem}
.badge{display:inline-block;padding:0 7px;border-radius:99px;font-size:.8rem;font-weight:550}
.badge.warn{color:var(--warn);background:var(--warn-soft)}
figure{margin:1em 0}.diagram{overflow-x:auto;border:1px solid var(--border);border-radius:6px;background:var(--surface)}
figcaption{font-size:.9rem;margin-top:.4em;max-width:84ch}
.notes{white-space:pre-wrap;border-left:3px solid var(--accent);padding-left:14px;max-width:84ch}
nav ol{columns:2;max-width:none;padding-left:2.2em}
.source{counter-reset:line;padding:12px 0}
.source span{display:block;padding:0 14px;white-space:pre-wrap;min-height:1.4em}
.source span::before{counter-increment:line;content:counter(line);display:inline-block;width:3em;
color:var(--text-quiet);user-select:none}
.source span:target{background:var(--warn-soft)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media(max-width:700px){body{padding:16px 12px 48px}.document{padding:16px 14px}nav ol{columns:1}}
@media print{:root{color-scheme:light;--page:#fff}@page{size:A4;margin:16mm 14mm}html{font-size:10pt}
body{max-width:none;padding:0}.document{border:0;padding:0;margin:0;break-before:page}a{color:inherit}
h2,h3,h4{break-after:avoid}tr,figure,pre{break-inside:avoid}.diagram,.table-wrap,pre{overflow:visible}
.diagram svg{width:100%;height:auto}pre{white-space:pre-wrap}thead{display:table-header-group}nav ol{columns:1}}
"""
