//! Results and errors as text for people. Pure: takes values, returns strings, prints nothing.

pub mod check;
pub mod fields;
pub mod identity;
pub mod listing;
pub mod paint;
pub mod receipt;
pub mod units;
pub mod words;
