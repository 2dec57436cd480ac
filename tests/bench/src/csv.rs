//! Tables as Domo exports them, from a fixed seed.

use std::fmt::Write as _;

/// A table to read.
pub struct Csv {
    /// What kind of table.
    pub name: &'static str,
    /// The whole of it.
    pub bytes: Vec<u8>,
}

/// One table of each kind, each of about so many bytes.
pub fn generate(size: usize) -> [Csv; 3] {
    [
        Csv {
            name: "10 narrow columns, no quotes",
            bytes: fill(size, "a,b,c,d,e,f,g,h,i,j\n", narrow),
        },
        Csv {
            name: "orders: 8 mixed columns, some quoted",
            bytes: fill(size, ORDERS, order),
        },
        Csv {
            name: "notes: every field quoted, line ends within",
            bytes: fill(size, "id,author,note\r\n", note),
        },
    ]
}

const ORDERS: &str = "order_id,ordered_at,customer,country,product,quantity,amount,comment\n";
const NAMES: [&str; 6] = [
    "Ada Lovelace",
    "José Núñez",
    "\"Smith, John\"",
    "Zoë Müller",
    "李雷",
    "Grace Hopper",
];
const PRODUCTS: [&str; 4] = ["Pipe", "\"Pipe, 5\"\" wide\"", "Gasket set", "Valve DN50"];
const COMMENTS: [&str; 5] = [
    "",
    "",
    "deliver before noon",
    "\"called twice,\nno answer\"",
    "\"said \"\"later\"\"\"",
];
const WORDS: [&str; 8] = [
    "lorem",
    "ipsum,",
    "\"\"dolor\"\"",
    "sit\r\n",
    "amet",
    "größe",
    "nulla",
    "in",
];

fn fill(size: usize, header: &str, record: impl Fn(&mut String, u64, &mut Random)) -> Vec<u8> {
    let mut text = String::with_capacity(size + 4096);
    text.push_str(header);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for id in 1.. {
        if text.len() >= size {
            break;
        }
        record(&mut text, id, &mut random);
    }
    text.into_bytes()
}

fn narrow(text: &mut String, _: u64, random: &mut Random) {
    for column in 0..10 {
        let end = if column == 9 { '\n' } else { ',' };
        let _ = write!(text, "{:08}{end}", random.below(100_000_000));
    }
}

fn order(text: &mut String, id: u64, random: &mut Random) {
    let (month, day, hour) = (1 + random.below(12), 1 + random.below(28), random.below(24));
    let _ = write!(
        text,
        "{id},2025-{month:02}-{day:02}T{hour:02}:00:00,{},",
        random.pick(&NAMES)
    );
    let _ = write!(
        text,
        "{},{},",
        random.pick(&["DE", "US", "FR", ""]),
        random.pick(&PRODUCTS)
    );
    let (quantity, amount, cents) = (random.below(50), random.below(9000), random.below(100));
    let _ = writeln!(
        text,
        "{quantity},{amount}.{cents:02},{}",
        random.pick(&COMMENTS)
    );
}

fn note(text: &mut String, id: u64, random: &mut Random) {
    let _ = write!(
        text,
        "\"{id}\",\"{}\",\"",
        random.pick(&["Ada", "Grace", "Zoë"])
    );
    for _ in 0..5 + random.below(30) {
        let _ = write!(text, "{} ", random.pick(&WORDS));
    }
    text.push_str("\"\r\n");
}

/// xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}
