//! The ceiling: how fast the cloud is when the client does next to nothing.

use std::time::Instant;

use anyhow::Result;
use writeback_bench::model::Ceiling;

use super::cloud::Cloud;
use crate::floor::{Source, domo_token, drop_all, entra_token, upload};

/// The best of so many counts.
fn tries(bytes: u64) -> usize {
    match bytes {
        0..500_000_000 => 5,
        500_000_000..2_000_000_000 => 2,
        2_000_000_000.. => 1,
    }
}

/// Measures both phases; signing in is not part of them.
pub fn measure(cloud: &mut Cloud) -> Result<Ceiling> {
    let mut best = Ceiling {
        export_s: f64::INFINITY,
        upload_s: f64::INFINITY,
    };
    for _ in 0..tries(cloud.bytes()) {
        let once = measure_once(cloud)?;
        cloud.delete_named(NAME)?;
        best.export_s = best.export_s.min(once.export_s);
        best.upload_s = best.upload_s.min(once.upload_s);
    }
    Ok(best)
}

const NAME: &str = "zeros.csv";

fn measure_once(cloud: &mut Cloud) -> Result<Ceiling> {
    let (client, place) = (&mut cloud.client, &cloud.place);
    cloud.runtime.block_on(async {
        let (domo, entra) = (
            domo_token(client, place).await?,
            entra_token(client, place).await?,
        );
        let started = Instant::now();
        let size = drop_all(client, place, &domo).await?;
        let export_s = started.elapsed().as_secs_f64();
        let started = Instant::now();
        upload(client, place, &entra, NAME, size, &Source::Zeros).await?;
        let upload_s = started.elapsed().as_secs_f64();
        Ok(Ceiling { export_s, upload_s })
    })
}
