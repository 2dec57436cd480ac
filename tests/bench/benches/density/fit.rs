//! Straight lines by least squares.

use writeback_bench::model::Fit;

/// A line through points, and how well it goes through them.
pub struct Line {
    points: Vec<(f64, f64)>,
    start: f64,
    slope: f64,
    r2: f64,
}

impl Line {
    /// The one with the least squares.
    pub fn through(points: Vec<(f64, f64)>) -> Self {
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let sum = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>();
        let slope =
            sum(&|point| (point.0 - x) * (point.1 - y)) / sum(&|point| (point.0 - x).powi(2));
        let start = y - slope * x;
        let rest = sum(&|point| (point.1 - start - slope * point.0).powi(2));
        let r2 = 1.0 - rest / sum(&|point| (point.1 - y).powi(2));
        Self {
            points,
            start,
            slope,
            r2,
        }
    }

    /// What the report shows of it: where it begins, and what each step costs. A line is straight where the steps
    /// cost alike.
    pub fn fit(&self, of: &str, unit: &str, why: &str) -> Fit {
        let (value, each) = unit.split_once('/').unwrap_or((unit, ""));
        let steps = self.points.windows(2).map(|pair| {
            let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
            let slope = (next_y - y) / (next_x - x);
            format!("{slope:.1} up to {}", shown(next_x))
        });
        let steps: Vec<String> = steps.collect();
        Fit {
            of: of.to_owned(),
            slope: self.slope,
            unit: unit.to_owned(),
            r2: self.r2,
            note: format!(
                "begins at {:.1} {value}; for each {each}: {}. {why}",
                self.start,
                steps.join(", ")
            ),
        }
    }
}

/// Two decimals where it is small.
fn shown(value: f64) -> String {
    match value < 10.0 {
        true => format!("{value:.2}"),
        false => format!("{value:.0}"),
    }
}
