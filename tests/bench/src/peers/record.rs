//! `peers.json`: what was measured in this run and in earlier ones, by cell, written after each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use writeback_bench::machine::Machine;
use writeback_bench::model::{Cell, Peers};

/// The file and what is in it.
pub struct Record {
    path: PathBuf,
    peers: Peers,
}

impl Record {
    /// With the cells that are there from the same machine.
    pub fn open(
        folder: &Path,
        machine: Machine,
        versions: BTreeMap<String, String>,
    ) -> Result<Self> {
        let path = folder.join("peers.json");
        let cells = match fs::read(&path) {
            Ok(text) => earlier(&text, &machine),
            Err(_) => Vec::new(),
        };
        let peers = Peers {
            machine,
            versions,
            first_request_ms: Vec::new(),
            cells,
        };
        Ok(Self { path, peers })
    }

    /// The commit that is measured.
    pub fn commit(&self) -> String {
        self.peers.machine.commit.clone()
    }

    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Puts a cell in the place of an earlier one like it.
    pub fn keep(&mut self, cell: Cell) -> Result<()> {
        self.peers.cells.retain(|other| !other.is_like(&cell));
        self.peers.cells.push(cell);
        let key = |cell: &Cell| (cell.size, cell.rows, cell.latency_ms, cell.scheme);
        self.peers.cells.sort_by_key(key);
        self.write()
    }

    /// Keeps how long the first request took.
    pub fn keep_first(&mut self, milliseconds: Vec<f64>) -> Result<()> {
        self.peers.first_request_ms = milliseconds;
        self.write()
    }

    fn write(&self) -> Result<()> {
        let text = serde_json::to_vec_pretty(&self.peers)?;
        fs::write(&self.path, text)
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

/// Figures of another machine are worth nothing beside this one's.
fn earlier(text: &[u8], machine: &Machine) -> Vec<Cell> {
    match serde_json::from_slice::<Peers>(text) {
        Ok(peers) if peers.machine.cpu == machine.cpu && peers.machine.cores == machine.cores => {
            peers.cells
        }
        _ => Vec::new(),
    }
}
