//! The fast lane: 64 bytes at a time, as long as they hold no surprise. Whatever it does, the
//! machine would have done the same byte by byte; what it cannot do, it leaves to it.

use super::error::TableError;
use super::machine::{Machine, Mode};
use super::masks::{BLOCK, Masks, below, prefix_xor};

/// Takes bytes by whichever way is open.
pub(super) fn read(machine: &mut Machine, mut bytes: &[u8]) -> Result<(), TableError> {
    while let Some((block, after)) = bytes.split_first_chunk::<BLOCK>() {
        let taken = ride(machine, bytes);
        if taken == 0 {
            machine.read(block)?;
            bytes = after;
        } else {
            bytes = &bytes[taken..];
        }
    }
    machine.read(bytes)
}

/// Takes as many whole blocks as hold no surprise, and says how many bytes those are.
fn ride(machine: &mut Machine, bytes: &[u8]) -> usize {
    let Some(delimiters) = machine.steady() else {
        return 0;
    };
    let mut lane = Lane::enter(machine, delimiters);
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let taken = blocks
        .iter()
        .take_while(|block| lane.take(Masks::of(block)))
        .count();
    lane.leave(machine);
    taken * BLOCK
}

/// The machine's state in bits: what the byte before a block means for its first byte.
struct Lane {
    /// Delimiters that each record must have.
    expected: u64,
    /// All ones within quotes.
    quoted: u64,
    /// One if the byte before ended a field.
    start: u64,
    /// One if it was a closing quote, or the first of two.
    closing: u64,
    /// One if it was a CR.
    cr: u64,
    byte: u64,
    line: u64,
    ended: u64,
    /// The count of delimiters, from the next byte on, at which the record under way must end.
    due: u64,
    record: (u64, u64),
    quote: (u64, u64),
}

impl Lane {
    fn enter(machine: &Machine, expected: u64) -> Self {
        Self {
            expected,
            quoted: if machine.mode == Mode::Quoted {
                u64::MAX
            } else {
                0
            },
            start: u64::from(machine.mode == Mode::Start),
            closing: u64::from(machine.mode == Mode::Closing),
            cr: u64::from(machine.after_cr),
            byte: machine.byte,
            line: machine.line,
            ended: machine.ended,
            due: expected.wrapping_sub(machine.delimiters),
            record: machine.record,
            quote: machine.quote,
        }
    }

    fn leave(self, machine: &mut Machine) {
        machine.mode = match (self.quoted, self.closing, self.start) {
            (0, 0, 0) => Mode::Plain,
            (0, 0, _) => Mode::Start,
            (0, ..) => Mode::Closing,
            _ => Mode::Quoted,
        };
        machine.after_cr = self.cr != 0;
        machine.byte = self.byte;
        machine.line = self.line;
        machine.ended = self.ended;
        machine.delimiters = self.expected.wrapping_sub(self.due);
        machine.record = self.record;
        machine.quote = self.quote;
    }

    /// Takes a block, or refuses it and stays as it was.
    #[inline]
    fn take(&mut self, masks: Masks) -> bool {
        let Masks {
            comma,
            quote,
            lf,
            cr,
        } = masks;
        if quote | cr | self.quoted | self.closing | self.cr == 0 {
            return self.take_plain(comma, lf);
        }
        // Quotes alternate: set from an opening one on, clear from the closing one on. Two in a row close and reopen.
        let quoted = prefix_xor(quote) ^ self.quoted;
        let opening = quote & quoted;
        let closing = quote & !quoted;
        let breaks = (comma | lf | cr) & !quoted;
        let at_start = breaks << 1 | self.start;
        let irregular = opening & !(at_start | closing << 1 | self.closing);

        let after_cr = cr << 1 | self.cr;
        let line_ends = cr | lf & !after_cr;
        let record_ends = line_ends & !quoted;
        let delimiters = comma & !quoted;
        let Some(due) = columns(self.due, self.expected, delimiters, record_ends) else {
            return false;
        };
        if irregular != 0 {
            return false;
        }

        self.due = due;
        self.ended += u64::from(record_ends.count_ones());
        let rest_of_crlf = lf & after_cr & !quoted;
        self.record.0 += rest_of_crlf & 1;
        if record_ends != 0 {
            let last = record_ends.ilog2();
            let (byte, line) = self.locate(last, line_ends);
            self.record = (byte + 1 + (rest_of_crlf >> last >> 1 & 1), line + 1);
        }
        let fields = opening & at_start;
        if fields != 0 {
            self.quote = self.locate(fields.ilog2(), line_ends);
        }
        self.quoted = (quoted.cast_signed() >> 63).cast_unsigned();
        self.start = breaks >> 63;
        self.closing = closing >> 63;
        self.cr = cr >> 63;
        self.byte += BLOCK as u64;
        self.line += u64::from(line_ends.count_ones());
        true
    }

    /// The same for a block without quotes and CRs, which no quote and no CR before it concerns: what most tables are
    /// made of.
    #[inline]
    fn take_plain(&mut self, comma: u64, lf: u64) -> bool {
        let Some(due) = columns(self.due, self.expected, comma, lf) else {
            return false;
        };
        let ends = u64::from(lf.count_ones());
        self.due = due;
        self.ended += ends;
        self.line += ends;
        if lf != 0 {
            self.record = (self.byte + u64::from(lf.ilog2()) + 1, self.line);
        }
        self.start = (comma | lf) >> 63;
        self.byte += BLOCK as u64;
        true
    }

    #[inline]
    fn locate(&self, bit: u32, line_ends: u64) -> (u64, u64) {
        (
            self.byte + u64::from(bit),
            self.line + u64::from((line_ends & below(bit)).count_ones()),
        )
    }
}

/// What is due after a block, if every record that ends in it has as many delimiters as it must.
#[inline]
fn columns(mut due: u64, expected: u64, delimiters: u64, mut record_ends: u64) -> Option<u64> {
    let mut wrong = 0;
    while record_ends != 0 {
        let before = delimiters & below(record_ends.trailing_zeros());
        wrong |= u64::from(before.count_ones()) ^ due;
        due = due.wrapping_add(expected);
        record_ends &= record_ends - 1;
    }
    (wrong == 0).then_some(due.wrapping_sub(u64::from(delimiters.count_ones())))
}
