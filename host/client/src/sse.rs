//! Server-sent events out of a stream of bytes, as far as the server uses them: `event` and `data`.

/// The longest event; a server that sends a longer one is none of ours.
const EVENT_BYTES: usize = 8 << 20;

/// An event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// Its kind.
    pub kind: String,
    /// What it says.
    pub data: String,
}

/// What came and is no whole event yet.
#[derive(Debug, Default)]
pub struct Events {
    pending: Vec<u8>,
}

impl Events {
    /// Takes what came. False where an event is too long.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.pending
            .extend(bytes.iter().filter(|byte| **byte != b'\r'));
        self.pending.len() <= EVENT_BYTES
    }
}

impl Iterator for Events {
    type Item = Event;

    /// The next whole event; comments, which keep the connection alive, are left out.
    fn next(&mut self) -> Option<Event> {
        loop {
            let end = self.pending.windows(2).position(|pair| pair == b"\n\n")?;
            let mut rest = self.pending.split_off(end + 2);
            std::mem::swap(&mut self.pending, &mut rest);
            let event = parse(&String::from_utf8_lossy(&rest));
            if event.is_some() {
                return event;
            }
        }
    }
}

fn parse(text: &str) -> Option<Event> {
    let mut event = Event {
        kind: "message".to_owned(),
        data: String::new(),
    };
    let mut some = false;
    for line in text.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut event.kind),
            "data" => {
                if some {
                    event.data.push('\n');
                }
                event.data.push_str(value);
                some = true;
            }
            _ => {}
        }
    }
    some.then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_the_bytes_come() {
        let stream = ":\n\nevent: run\ndata: {\"a\":\ndata: 1}\n\nevent: log\r\ndata: é\r\n\r\nevent: half\n";
        for size in [1, 2, 3, 1000] {
            let mut events = Events::default();
            let mut seen = Vec::new();
            for chunk in stream.as_bytes().chunks(size) {
                assert!(events.push(chunk));
                seen.extend(events.by_ref());
            }
            let event = |kind: &str, data: &str| Event {
                kind: kind.to_owned(),
                data: data.to_owned(),
            };
            assert_eq!(seen, [event("run", "{\"a\":\n1}"), event("log", "é")]);
        }
    }
}
