//! Which addresses may be connected to: public ones, and those that the operator names exactly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Says why `address` may not be connected to, or nothing where it may.
pub(crate) fn vet(address: SocketAddr, exempt: &[SocketAddr]) -> Result<(), &'static str> {
    if exempt.contains(&address) {
        return Ok(());
    }
    match address.ip() {
        IpAddr::V4(ip) => vet_v4(ip),
        IpAddr::V6(ip) => vet_v6(ip),
    }
}

/// IANA "IPv4 Special-Purpose Address Registry".
fn vet_v4(ip: Ipv4Addr) -> Result<(), &'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (0, _, _) => Err("unspecified"),
        (127, _, _) => Err("loopback"),
        (10, _, _) | (172, 16..=31, _) | (192, 168, _) => Err("private"),
        (169, 254, _) => Err("link-local or metadata"),
        (100, 64..=127, _) => Err("shared (carrier-grade NAT)"),
        (192, 0, 0) | (192, 0, 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => {
            Err("special-purpose")
        }
        (192, 88, 99) => Err("6to4 relay"),
        (224..=239, _, _) => Err("multicast"),
        (240..=255, _, _) => Err("reserved"),
        // Azure's host agent answers here inside every virtual machine.
        (168, 63, 129) => Err("metadata"),
        _ => Ok(()),
    }
}

/// IANA "IPv6 Special-Purpose Address Registry"; addresses that carry an IPv4 address are judged by it.
fn vet_v6(ip: Ipv6Addr) -> Result<(), &'static str> {
    if let Some(v4) = embedded_v4(ip) {
        return vet_v4(v4);
    }
    let [a, b, ..] = ip.segments();
    match (a, b) {
        _ if ip.is_unspecified() => Err("unspecified"),
        _ if ip.is_loopback() => Err("loopback"),
        (0xfc00..=0xfdff, _) => Err("private or metadata"),
        (0xfe80..=0xfebf, _) => Err("link-local"),
        (0xfec0..=0xfeff, _) => Err("site-local"),
        (0xff00..=0xffff, _) => Err("multicast"),
        (0x2001, 0..=0x01ff) | (0x2001, 0x0db8) | (0x3fff, _) | (0x0100, _) | (0x5f00, _) => {
            Err("special-purpose")
        }
        (0x2000..=0x3fff, _) => Ok(()),
        _ => Err("reserved"),
    }
}

/// IPv4-mapped, IPv4-compatible, NAT64 (RFC 6052, 8215) and 6to4 (RFC 3056) addresses.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, _, _, _, _, high, low] => {
            Some(from(high, low))
        }
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(ip: &str) -> Result<(), &'static str> {
        vet(SocketAddr::new(ip.parse().unwrap(), 443), &[])
    }

    #[test]
    fn public_addresses_pass() {
        for ip in [
            "13.107.136.9",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "2603:1061:1300::1",
            "::ffff:13.107.136.9",
            "64:ff9b::d6b:8809",
        ] {
            assert_eq!(judge(ip), Ok(()), "{ip}");
        }
    }

    #[test]
    fn everything_else_is_denied() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(judge(ip).is_err(), "{ip}");
        }
    }

    #[test]
    fn an_exemption_is_one_address_and_one_port() {
        let exempt = ["127.0.0.1:4321".parse().unwrap()];
        assert_eq!(vet("127.0.0.1:4321".parse().unwrap(), &exempt), Ok(()));
        assert_eq!(
            vet("127.0.0.1:4322".parse().unwrap(), &exempt),
            Err("loopback")
        );
        assert_eq!(
            vet("127.0.0.2:4321".parse().unwrap(), &exempt),
            Err("loopback")
        );
        assert_eq!(
            vet("[::ffff:127.0.0.1]:4321".parse().unwrap(), &exempt),
            Err("loopback")
        );
    }
}
