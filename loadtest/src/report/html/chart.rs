//! A line chart, as SVG within the page.

use std::fmt::{self, Display, Write as _};

use super::Group;
use super::axis::Axis;
use super::text::Text;

/// The drawing's size and its margins, in units of its own; the page scales it.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 46.0;

/// Points of a line: more than can be told apart only make the page large.
const MOST_POINTS: usize = 500;

/// Ways to draw a line that `style.css` has.
const STYLES: usize = 4;

/// Lines over two axes, with a legend.
#[derive(Clone, Debug)]
pub(super) struct Chart<'a> {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) lines: Vec<Line<'a>>,
}

/// The line of a group.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub(super) group: Group<'a>,
    /// Along `x`, ascending, and up `y`.
    points: Vec<(f64, f64)>,
}

impl<'a> Line<'a> {
    /// Of many points the highest of each few remain: peaks are what is looked for.
    pub(super) fn new(group: Group<'a>, points: Vec<(f64, f64)>) -> Self {
        let few = points.len().div_ceil(MOST_POINTS).max(1);
        let highest =
            |points: &[(f64, f64)]| points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
        Self {
            group,
            points: points.chunks(few).filter_map(highest).collect(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

/// The far ends of all lines.
pub(super) fn reach(lines: &[Line<'_>]) -> (f64, f64) {
    let points = lines.iter().flat_map(|line| &line.points);
    points.fold((0.0, 0.0), |(x, y), point| (point.0.max(x), point.1.max(y)))
}

/// How the lines of a group look, as a class of the style sheet.
const fn style(group: Group<'_>) -> usize {
    group.place % STYLES
}

impl Chart<'_> {
    fn across(&self, value: f64) -> f64 {
        LEFT + (value / self.x.most).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn down(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (value / self.y.most).clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }

    fn axes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        f.write_str("<g aria-hidden=\"true\">")?;
        for (value, label) in &self.y.ticks {
            let at = self.down(*value);
            write!(f, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>")?;
            write!(
                f,
                "<text class=\"end\" x=\"{}\" y=\"{:.1}\">{label}</text>",
                LEFT - 8.0,
                at + 4.0
            )?;
        }
        for (value, label) in &self.x.ticks {
            let at = self.across(*value);
            write!(
                f,
                "<path class=\"grid\" d=\"M{at:.1} {TOP}V{}\"/>",
                bottom + 5.0
            )?;
            write!(
                f,
                "<text class=\"middle\" x=\"{at:.1}\" y=\"{}\">{label}</text>",
                bottom + 19.0
            )?;
        }
        write!(
            f,
            "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>"
        )?;
        write!(f, "<text x=\"4\" y=\"14\">{}</text>", self.y.label)?;
        let middle = LEFT.midpoint(right);
        write!(
            f,
            "<text class=\"middle\" x=\"{middle}\" y=\"{}\">{}</text></g>",
            HEIGHT - 6.0,
            self.x.label
        )
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, line: &Line<'_>) -> fmt::Result {
        let style = style(line.group);
        let place = |&(x, y): &(f64, f64)| (self.across(x), self.down(y));
        if let [point] = line.points.as_slice() {
            let (x, y) = place(point);
            return write!(
                f,
                "<circle class=\"g{style}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
            );
        }
        let mut points = String::new();
        for (x, y) in line.points.iter().map(place) {
            write!(points, "{x:.1},{y:.1} ")?;
        }
        write!(
            f,
            "<polyline class=\"line g{style}\" points=\"{}\"/>",
            points.trim_end()
        )
    }

    fn legend(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<figcaption>")?;
        for line in &self.lines {
            write!(
                f,
                "<span>{} {}</span> ",
                Key(line.group),
                Text(line.group.name)
            )?;
        }
        f.write_str("</figcaption>")
    }
}

impl Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = Text(&self.title);
        write!(
            f,
            "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>"
        )?;
        self.axes(f)?;
        for line in &self.lines {
            self.line(f, line)?;
        }
        f.write_str("</svg>")?;
        self.legend(f)?;
        f.write_str("</figure>\n")
    }
}

/// A piece of a group's line, to stand before its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a>(pub(super) Group<'a>);

impl Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<svg class=\"key\" viewBox=\"0 0 21 8\" aria-hidden=\"true\"><path class=\"line g{}\" d=\"M1 4H20\"/></svg>",
            style(self.0)
        )
    }
}
