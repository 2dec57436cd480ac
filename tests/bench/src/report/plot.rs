//! Line plots as SVG files.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::combinators::IntoLogRange as _;
use plotters::prelude::*;

/// A plot of some lines.
pub struct Plot {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

/// A logarithmic axis.
pub struct Axis {
    unit: String,
}

impl Axis {
    pub fn log(unit: &str) -> Self {
        Self {
            unit: unit.to_owned(),
        }
    }
}

/// Points that belong together.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (800, 420);
/// Width of the names beside the plot.
const LEGEND: u32 = 140;
/// Told apart without telling red from green.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(110, 110, 110),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];

impl Plot {
    /// Writes it to a file; without a point there is no file.
    pub fn draw(&self, path: &Path) -> Result<()> {
        let points = || {
            self.lines
                .iter()
                .flat_map(|line| line.points.iter().copied())
        };
        let (Some(x), Some(y)) = (
            range(points().map(|point| point.0)),
            range(points().map(|point| point.1)),
        ) else {
            return Ok(());
        };
        self.try_draw(path, x, y)
            .map_err(|error| anyhow!("cannot draw `{}`: {error}", path.display()))
    }

    fn try_draw(
        &self,
        path: &Path,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (area, legend) = area.split_horizontally(SIZE.0 - LEGEND);
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d((x.0..x.1).log_scale(), (y.0..y.1).log_scale())?;
        chart
            .configure_mesh()
            .x_desc(&self.x.unit)
            .y_desc(&self.y.unit)
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .light_line_style(RGBColor(240, 240, 240))
            .draw()?;
        let lines = self.lines.iter().filter(|line| !line.points.is_empty());
        for ((line, colour), row) in lines.zip(COLOURS).zip(0..) {
            let style = colour.stroke_width(2);
            chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
            chart.draw_series(
                line.points
                    .iter()
                    .map(|&point| Circle::new(point, 3, colour.filled())),
            )?;
            let y = 60 + 20 * row;
            legend.draw(&PathElement::new([(0, y), (20, y)], style))?;
            legend.draw(&Text::new(
                line.name.clone(),
                (26, y - 7),
                ("sans-serif", 14),
            ))?;
        }
        area.present()?;
        Ok(())
    }
}

/// From a little below the least to a little above the most; a logarithm needs more than 0.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let values = values.filter(|&value| value > 0.0);
    let range = values.fold(None, |range: Option<(f64, f64)>, value| {
        Some(range.map_or((value, value), |(least, most)| {
            (least.min(value), most.max(value))
        }))
    });
    range.map(|(least, most)| (least * 0.8, most * 1.25))
}

/// `10k`, `0.05`
fn short(value: f64) -> String {
    match value {
        1e9.. => format!("{}G", value / 1e9),
        1e6.. => format!("{}M", value / 1e6),
        1e3.. => format!("{}k", value / 1e3),
        1.0.. => format!("{value}"),
        _ => format!("{value:.3}").trim_end_matches('0').to_owned(),
    }
}
