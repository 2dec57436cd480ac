//! Numbers for people: grouped digits, decimal byte units (as SharePoint's and Domo's pages use), durations.

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// Three significant digits and a decimal unit: `12.3 MB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would print as 1000.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 9.995 {
        2
    } else {
        usize::from(value < 99.95)
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// Unit and exact figure: `12.3 MB (12,345,678 bytes)`.
pub fn bytes_exact(number: u64) -> String {
    match number {
        1 => "1 byte".to_owned(),
        0..1000 => format!("{number} bytes"),
        _ => format!("{} ({} bytes)", bytes(number), grouped(number)),
    }
}

/// Milliseconds as `7 ms`, `1.25 s`, `3 min 4 s` or `2 h 5 min`.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..10 => format!("{:.2} s", milliseconds as f64 / 1000.0),
        10..60 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(
            [0, 12, 123, 1234, 1_234_567].map(grouped),
            ["0", "12", "123", "1,234", "1,234,567"]
        );
    }

    #[test]
    fn bytes_keep_three_significant_digits_across_every_boundary() {
        let expected = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (9_995_000, "10.0 MB"),
            (99_950_000, "100 MB"),
            (1_500_000_000, "1.50 GB"),
        ];
        for (number, text) in expected {
            assert_eq!(bytes(number), text);
        }
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(
            [1, 7, 1_048_576].map(bytes_exact),
            ["1 byte", "7 bytes", "1.05 MB (1,048,576 bytes)"]
        );
    }

    #[test]
    fn durations_change_unit_with_size() {
        assert_eq!(
            [0, 999, 1250, 12_340, 184_000, 7_500_000].map(duration),
            [
                "0 ms",
                "999 ms",
                "1.25 s",
                "12.3 s",
                "3 min 4 s",
                "2 h 5 min"
            ]
        );
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(
            [counted(1, "row", "rows"), counted(2000, "row", "rows")],
            ["1 row", "2,000 rows"]
        );
    }
}
