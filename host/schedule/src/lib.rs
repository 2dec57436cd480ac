//! When a job is due, from text and clocks alone.
