"""Charts that grow with a run."""

from nicegui import ui

from ..messages import AboutLiver, Moment

_TUMOR = "tumor"
_INK, _GRID = "#3c434c", "#e3e7eb"


class Charts:
    """Two charts: the tumor cells by state, and all other populations."""

    def __init__(self) -> None:
        self._liver: AboutLiver | None = None
        with ui.row().classes("w-full no-wrap gap-3"):
            self._tumor = self._chart("Tumor cells")
            self._others = self._chart("Cells of the liver")

    @staticmethod
    def _chart(title: str):
        return (
            ui.echart(
                {
                    "animation": False,
                    "title": {"text": title, "textStyle": {"fontSize": 13, "color": _INK}},
                    "tooltip": {"trigger": "axis"},
                    "legend": {"bottom": 0, "itemWidth": 14, "itemGap": 8, "textStyle": {"fontSize": 11}},
                    "grid": {"left": 56, "right": 16, "top": 34, "bottom": 84},
                    "xAxis": {
                        "type": "value",
                        "name": "days",
                        "nameLocation": "middle",
                        "nameGap": 22,
                        "splitLine": {"show": False},
                    },
                    "yAxis": {"type": "value", "minInterval": 1, "splitLine": {"lineStyle": {"color": _GRID}}},
                    "series": [],
                }
            )
            .classes("w-1/2")
            .style("height: 17rem")
            .props(f'role="img" aria-label="Chart: {title} through time"')
        )

    def show(self, liver: AboutLiver, history: list[Moment]) -> None:
        """Draw what happened so far."""
        days = [round(moment.hours / 24, 3) for moment in history]
        tumor, others = [], []
        for name, words, states in liver.populations:
            if name == _TUMOR:
                tumor += [
                    _course(label, colour, days, [moment.counts.get(code, 0) for moment in history])
                    for code, label, colour in states
                    if any(moment.counts.get(code, 0) for moment in history)
                ]
            else:
                totals = [sum(moment.counts.get(code, 0) for code, _, _ in states) for moment in history]
                if any(totals):
                    others.append(_course(words, states[0][2], days, totals))
        for chart, courses in ((self._tumor, tumor), (self._others, others)):
            chart.options["xAxis"]["min"] = round(liver.begins / 24, 2)
            chart.options["xAxis"]["max"] = round(liver.ends / 24, 2)
            chart.options["series"] = courses
            chart.update()


def _course(name: str, colour: str, days: list[float], values: list[int]) -> dict:
    return {
        "name": name,
        "type": "line",
        "showSymbol": False,
        "data": list(map(list, zip(days, values, strict=True))),
        "lineStyle": {"width": 1.8, "color": _on_white(colour)},
        "itemStyle": {"color": _on_white(colour)},
    }


def _on_white(colour: str) -> str:
    """A colour of the dark picture, dark enough for lines on white."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    share = min(1.0, 150 / max(1.0, brightness))
    return f"#{round(red * share):02x}{round(green * share):02x}{round(blue * share):02x}"
