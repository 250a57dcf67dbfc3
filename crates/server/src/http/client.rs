//! From where a request came.
//!
//! The socket knows the peer. What a header says is believed only of proxies that the
//! configuration trusts: from right to left, each trusted proxy vouches for the address to its
//! left, and the first that is not trusted is the client.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use engine::Client;
use ipnet::IpNet;

/// The address of the socket, as the listener notes it in each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// How many addresses of a forwarding header are looked at.
const HOPS: usize = 32;
/// How long a user agent is kept; what is longer is cut.
const AGENT: usize = 512;

/// From where a request came.
pub fn client_of(headers: &HeaderMap, peer: Option<SocketAddr>, trusted: &[IpNet]) -> Client {
    let agent = headers.get(header::USER_AGENT).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().take(AGENT).collect()
    });
    let Some(peer) = peer.map(|peer| peer.ip().to_canonical()) else {
        return Client { agent, ..Client::default() };
    };
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if is_trusted(peer) {
        for (how, hops) in [("forwarded", forwarded(headers)), ("x-forwarded-for", x_forwarded_for(headers))] {
            if let Some(address) = walk(&hops, is_trusted) {
                return Client {
                    address: Some(address.to_string()),
                    how: Some(how),
                    peer: Some(peer.to_string()),
                    agent,
                };
            }
        }
    }
    Client { address: Some(peer.to_string()), how: Some("socket"), peer: None, agent }
}

/// The first address from the right that is not a trusted proxy. A hop that is no address ends
/// the walk: what lies to its left nobody vouches for.
fn walk(hops: &[Option<IpAddr>], is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut client = None;
    for hop in hops.iter().rev().take(HOPS) {
        let address = (*hop)?;
        client = Some(address);
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// `X-Forwarded-For: client, proxy, proxy`, in one header or several.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(address).collect()
}

/// `Forwarded: for=client;proto=https, for=proxy` (RFC 7239).
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(header::FORWARDED).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|element| {
            let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
            let node = pairs.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case("for"));
            node.and_then(|(_, node)| address(node))
        })
        .collect()
}

/// An address, with quotes, brackets or a port around it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let parsed = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse());
    parsed.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::client_of;
    use axum::http::HeaderMap;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn found(peer: &str, trusted: &[&str], pairs: &[(&'static str, &str)]) -> (String, &'static str) {
        let trusted: Vec<_> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let client = client_of(&headers(pairs), Some(peer.parse().unwrap()), &trusted);
        (client.address.unwrap(), client.how.unwrap())
    }

    #[test]
    fn a_header_of_somebody_who_is_not_a_trusted_proxy_means_nothing() {
        let spoofed = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")];
        assert_eq!(found("198.51.100.9:4000", &[], &spoofed), ("198.51.100.9".into(), "socket"));
        assert_eq!(found("198.51.100.9:4000", &["10.0.0.0/8"], &spoofed), ("198.51.100.9".into(), "socket"));
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxy_is_the_client() {
        let chain = [("x-forwarded-for", "1.1.1.1, 203.0.113.7, 10.1.1.1")];
        assert_eq!(found("10.0.0.2:4000", &["10.0.0.0/8"], &chain), ("203.0.113.7".into(), "x-forwarded-for"));
    }

    #[test]
    fn several_headers_are_one_list() {
        let chain = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7, 10.1.1.1")];
        assert_eq!(found("10.0.0.2:4000", &["10.0.0.0/8"], &chain).0, "203.0.113.7");
    }

    #[test]
    fn forwarded_is_read_with_quotes_ports_and_ipv6() {
        let chain = [("forwarded", r#"for="[2001:db8::7]:47011";proto=https, for=10.1.1.1"#)];
        assert_eq!(found("10.0.0.2:4000", &["10.0.0.0/8"], &chain), ("2001:db8::7".into(), "forwarded"));
    }

    #[test]
    fn what_is_no_address_ends_the_walk_at_the_peer() {
        let chain = [("x-forwarded-for", "203.0.113.7, unknown")];
        assert_eq!(found("10.0.0.2:4000", &["10.0.0.0/8"], &chain), ("10.0.0.2".into(), "socket"));
    }
}
