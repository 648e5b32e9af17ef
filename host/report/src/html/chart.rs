//! A drawing with axes: curves and points in a box of fixed proportions, with its figures beside them.

/// The box, and the part of it in which values are drawn, in units of the drawing.
const BOX: (f64, f64) = (320.0, 170.0);
const LEFT: f64 = 40.0;
const RIGHT: f64 = 310.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 142.0;

/// What a letter of a label takes across, and a line of them from top to bottom, in the same units.
const LETTER: f64 = 5.0;
const LINE: f64 = 10.0;

/// Colours of curves, which the style has; a drawing has no more curves than these.
pub(super) const COLOURS: [&str; 6] = ["c0", "c1", "c2", "c3", "c4", "c5"];

pub(super) struct Chart {
    pub(super) name: String,
    /// What is to be seen, in words.
    pub(super) told: String,
    pub(super) view: String,
    pub(super) strokes: Vec<Stroke>,
    pub(super) dots: Vec<Dot>,
    pub(super) texts: Vec<Text>,
    /// A colour and what it stands for.
    pub(super) legend: Vec<(&'static str, String)>,
}

/// A line through points.
pub(super) struct Stroke {
    pub(super) class: String,
    pub(super) points: String,
    pub(super) says: String,
}

pub(super) struct Dot {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) says: String,
}

pub(super) struct Text {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) words: String,
}

/// One direction: from where to where values go, and how they are written.
pub(super) struct Axis<'a> {
    low: f64,
    high: f64,
    by_factors: bool,
    shown: &'a dyn Fn(f64) -> String,
    name: &'static str,
}

impl<'a> Axis<'a> {
    /// From 0 to a bit more than the greatest.
    pub(super) fn from_zero(greatest: f64, name: &'static str, shown: &'a dyn Fn(f64) -> String) -> Self {
        Axis {
            low: 0.0,
            high: greatest * 1.05,
            by_factors: false,
            shown,
            name,
        }
    }

    /// On which equal factors are equally far apart. Both ends are above 0.
    pub(super) fn by_factors(least: f64, greatest: f64, name: &'static str, shown: &'a dyn Fn(f64) -> String) -> Self {
        Axis {
            low: least / 1.05,
            high: greatest * 1.05,
            by_factors: true,
            shown,
            name,
        }
    }

    /// Where a value lies, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let place = match self.by_factors {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        place.clamp(0.0, 1.0)
    }

    /// Where steps lie in all powers of ten on the way. None where some have no room, unless there is a power for each,
    /// and where there are too few to read values off between them.
    fn apart(&self, steps: &[f64]) -> Option<Vec<f64>> {
        let first = 10_f64.powf(self.low.max(self.high / 1e6).log10().floor());
        let all = (0..9).flat_map(|power| steps.iter().map(move |step| step * first * 10_f64.powi(power)));
        let within: Vec<f64> = all.filter(|tick| (self.low..=self.high).contains(tick)).collect();
        let have_room = within
            .windows(2)
            .all(|two| self.place(two[1]) - self.place(two[0]) >= WORDS);
        let every = within.len().div_ceil(6).max(1);
        let enough = within.len() >= 3 && (have_room || steps.len() == 1);
        enough.then(|| within.into_iter().step_by(every).collect())
    }

    /// Round values on the way, at most six.
    fn ticks(&self) -> Vec<f64> {
        if self.by_factors
            && let Some(ticks) = STEPS.iter().find_map(|steps| self.apart(steps))
        {
            return ticks;
        }
        let about = (self.high - self.low) / 4.0;
        let power = 10_f64.powf(about.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = step.into_iter().find(|step| *step >= about).unwrap_or(about);
        let from = (self.low / step).ceil() as i64;
        let ticks = (from..from + 6).map(|tick| tick as f64 * step);
        ticks.filter(|tick| *tick <= self.high).collect()
    }
}

/// Round values within a power of ten, the most first, of which as many are taken as have room for their words.
const STEPS: [&[f64]; 4] = [
    &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
    &[1.0, 2.0, 3.0, 5.0],
    &[1.0, 2.0, 5.0],
    &[1.0],
];

/// What words on an axis need, as a share of it.
const WORDS: f64 = 0.13;

fn short(number: f64) -> String {
    format!("{number:.1}")
}

/// A drawing that is being made.
pub(super) struct Canvas<'a> {
    x: Axis<'a>,
    y: Axis<'a>,
    chart: Chart,
    /// Words beside values: from where to where, and on which line.
    labels: Vec<(f64, f64, f64)>,
}

impl<'a> Canvas<'a> {
    /// A drawing with its axes.
    pub(super) fn new(name: impl Into<String>, x: Axis<'a>, y: Axis<'a>) -> Self {
        let mut canvas = Canvas {
            x,
            y,
            labels: Vec::new(),
            chart: Chart {
                name: name.into(),
                told: String::new(),
                view: format!("0 0 {} {}", BOX.0, BOX.1),
                strokes: Vec::new(),
                dots: Vec::new(),
                texts: Vec::new(),
                legend: Vec::new(),
            },
        };
        for tick in canvas.y.ticks() {
            let at = canvas.height(tick);
            canvas.stroke_at("grid", &[(LEFT, at), (RIGHT, at)], String::new());
            let words = (canvas.y.shown)(tick);
            canvas.text("tick end", (LEFT - 4.0, at + 3.0), words);
        }
        for tick in canvas.x.ticks() {
            let at = canvas.across(tick);
            canvas.stroke_at("grid", &[(at, TOP), (at, BOTTOM)], String::new());
            let words = (canvas.x.shown)(tick);
            canvas.text("tick middle", (at, BOTTOM + 12.0), words);
        }
        let name = canvas.x.name.to_owned();
        canvas.text("tick end", (RIGHT, BOX.1 - 3.0), name);
        canvas
    }

    fn across(&self, x: f64) -> f64 {
        LEFT + self.x.place(x) * (RIGHT - LEFT)
    }

    fn height(&self, y: f64) -> f64 {
        BOTTOM - self.y.place(y) * (BOTTOM - TOP)
    }

    fn stroke_at(&mut self, class: &str, points: &[(f64, f64)], says: String) {
        let points = points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y)));
        self.chart.strokes.push(Stroke {
            class: class.to_owned(),
            points: points.collect::<Vec<_>>().join(" "),
            says,
        });
    }

    /// A line through values.
    pub(super) fn stroke(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>, says: impl Into<String>) {
        let points: Vec<(f64, f64)> = points.map(|(x, y)| (self.across(x), self.height(y))).collect();
        self.stroke_at(class, &points, says.into());
    }

    /// A line from below to above.
    pub(super) fn upright(&mut self, class: &str, x: f64, says: impl Into<String>) {
        let at = self.across(x);
        self.stroke_at(class, &[(at, TOP), (at, BOTTOM)], says.into());
    }

    /// A point.
    pub(super) fn dot(&mut self, class: &'static str, (x, y): (f64, f64), says: impl Into<String>) {
        self.chart.dots.push(Dot {
            class,
            x: short(self.across(x)),
            y: short(self.height(y)),
            says: says.into(),
        });
    }

    fn text(&mut self, class: &'static str, (x, y): (f64, f64), words: String) {
        self.chart.texts.push(Text {
            class,
            x: short(x),
            y: short(y),
            words,
        });
    }

    /// Words above a value, or below where there is no room above. Where other words are there already it goes without:
    /// who points at it is told.
    pub(super) fn label(&mut self, (x, y): (f64, f64), words: impl Into<String>) {
        let (words, at, height) = (words.into(), self.across(x), self.height(y));
        let length = words.chars().count() as f64 * LETTER;
        let (class, from) = match at > RIGHT - 30.0 {
            true => ("tick end", at - length),
            false => ("tick middle", at - length / 2.0),
        };
        let fits = |line: f64| {
            let others = self.labels.iter();
            line > TOP
                && line < BOTTOM
                && !others
                    .into_iter()
                    .any(|(left, right, other)| from < *right && from + length > *left && (line - other).abs() < LINE)
        };
        if let Some(line) = [height - 6.0, height + 13.0].into_iter().find(|line| fits(*line)) {
            self.labels.push((from, from + length, line));
            self.text(class, (at, line), words);
        }
    }

    pub(super) fn legend(&mut self, class: &'static str, words: impl Into<String>) {
        self.chart.legend.push((class, words.into()));
    }

    /// The drawing, with what is to be seen in it.
    pub(super) fn told(mut self, told: String) -> Chart {
        self.chart.told = told;
        self.chart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let shown = |value: f64| value.to_string();
        assert_eq!(Axis::from_zero(95.0, "", &shown).ticks(), [0.0, 50.0]);
        assert_eq!(Axis::from_zero(1.7, "", &shown).ticks(), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(
            Axis::by_factors(3.0, 30.0, "", &shown).ticks(),
            [3.0, 5.0, 10.0, 20.0, 30.0]
        );
        assert_eq!(
            Axis::by_factors(2.1, 6.0, "", &shown).ticks(),
            [2.0, 3.0, 4.0, 5.0, 6.0]
        );
        assert_eq!(
            Axis::by_factors(250.0, 1500.0, "", &shown).ticks(),
            [300.0, 500.0, 1000.0]
        );
        assert_eq!(Axis::by_factors(90.0, 130.0, "", &shown).ticks(), [100.0, 120.0]);
        let wide = Axis::by_factors(1e3, 1e9, "", &shown).ticks();
        assert!((3..=6).contains(&wide.len()), "{wide:?}");
    }

    #[test]
    fn no_label_is_written_over_another() {
        let shown = |value: f64| value.to_string();
        let axis = || Axis::from_zero(10.0, "", &shown);
        let mut canvas = Canvas::new("", axis(), axis());
        let before = canvas.chart.texts.len();
        for x in [5.0, 5.1, 5.2, 9.0] {
            canvas.label((x, 5.0), "2.875/s");
        }
        let lines: Vec<&str> = canvas.chart.texts[before..]
            .iter()
            .map(|text| text.y.as_str())
            .collect();
        assert_eq!(lines.len(), 3, "above, below, and none for the third: {lines:?}");
        assert!(lines[0] == lines[2] && lines[0] != lines[1], "{lines:?}");
    }

    #[test]
    fn what_lies_beyond_an_axis_is_drawn_at_its_end() {
        let shown = |value: f64| value.to_string();
        let axis = Axis::by_factors(10.0, 100.0, "", &shown);
        assert_eq!((axis.place(0.0), axis.place(1e9)), (0.0, 1.0));
    }
}
