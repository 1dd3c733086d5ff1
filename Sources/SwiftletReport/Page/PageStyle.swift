/// The look of a report page; the only place that knows colours.
enum PageStyle {
    /// Okabe and Ito's palette, told apart with any kind of colour vision.
    private static let palette = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7f00", "#666666",
    ]

    static var colors: Int { palette.count }

    static var css: String {
        let series = palette.enumerated().map { index, color in
            ".line.c\(index){stroke:\(color)}"
                + ".dots.c\(index) circle,.bars.c\(index) rect{fill:\(color)}"
        }
        return base + series.joined(separator: "\n") + "\n"
    }

    private static let base = """
        :root{color-scheme:light dark;--text:#1b1f24;--faint:#68707a;--rule:#d9dee3;--page:#fff;\
        --hot:#0b5cad}
        @media(prefers-color-scheme:dark){:root{--text:#e6e9ec;--faint:#9aa3ad;--rule:#39414a;\
        --page:#15191e;--hot:#4d9be6}}
        body{margin:2rem auto;max-width:72rem;padding:0 1rem;background:var(--page);\
        color:var(--text);font:15px/1.5 system-ui,sans-serif}
        h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
        p.faint,figcaption{color:var(--faint)}
        .tables+.figures{margin-top:1.5rem}
        .tables,.figures{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}
        .scroll{overflow-x:auto;max-width:100%}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--faint);padding-bottom:.3rem}
        th,td{padding:.2rem .7rem;border-bottom:1px solid var(--rule);text-align:right}
        th:first-child,td:first-child{text-align:left}\
        td{white-space:nowrap}
        figure{margin:0}figure.row{max-width:100%}figcaption{overflow-wrap:anywhere}
        .pictures{display:flex;flex-wrap:wrap;gap:4px}.row figcaption{font-size:13px;max-width:34rem}
        .pictures img{display:block;height:auto;max-width:calc(33.3% - 4px);image-rendering:pixelated}
        .pictures img:only-child{max-width:100%}
        svg{max-width:100%;height:auto}
        svg text{fill:var(--text);font:11px system-ui,sans-serif}svg .label{fill:var(--faint)}
        .grid{stroke:var(--rule);stroke-width:1}
        .line{fill:none;stroke-width:1.8}.dashed{stroke-dasharray:5 4}
        .line.neutral{stroke:var(--faint)}.dots circle{fill-opacity:.55}.bars rect{fill-opacity:.5}
        @media print{body{margin:0;max-width:none;font-size:12px}figure,tr,h2{break-inside:avoid}\
        h2{break-after:avoid}.scroll{overflow:visible}}
        @media(max-width:30rem){th,td{padding:.2rem .3rem}body{font-size:13px}}
        .cell{fill:var(--hot);stroke:var(--rule)}svg .count.on{fill:var(--page)}

        """
}
