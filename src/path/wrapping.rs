//! What a TURN server hands on, without what it wraps that in.

/// What a datagram of a TURN server carries: what came as channel data (RFC 8656, section 12.4), or in a
/// Data indication (section 11.4). Of any other datagram, itself.
pub fn unwrapped(datagram: &[u8]) -> &[u8] {
    let carried = match datagram {
        [0x40..=0x4f, _, high, low, rest @ ..] => rest.get(..length(*high, *low)),
        [0x00, 0x17, _, _, 0x21, 0x12, 0xa4, 0x42, rest @ ..] => {
            rest.get(TRANSACTION_ID_BYTES..).and_then(data)
        }
        _ => None,
    };
    carried.unwrap_or(datagram)
}

/// The value of the attribute DATA (RFC 8489, section 14; RFC 8656, section 18.4).
fn data(mut attributes: &[u8]) -> Option<&[u8]> {
    loop {
        let [kind @ .., high, low] = *attributes.first_chunk::<4>()?;
        let rest = &attributes[4..];
        let length = length(high, low);
        if kind == [0x00, 0x13] {
            return rest.get(..length);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn length(high: u8, low: u8) -> usize {
    u16::from_be_bytes([high, low]).into()
}

const TRANSACTION_ID_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// A Data indication with these attributes, and these values.
    fn indication(attributes: &[(u8, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend_from_slice(&[0, *kind, 0, value.len() as u8]);
            body.extend_from_slice(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = vec![0x00, 0x17, 0, body.len() as u8, 0x21, 0x12, 0xa4, 0x42];
        message.extend_from_slice(&[7; TRANSACTION_ID_BYTES]);
        message.extend_from_slice(&body);
        message
    }

    proptest! {
        #[test]
        fn what_is_unwrapped_is_a_part_of_what_came(
            head in prop_oneof![
                Just(vec![]), Just(vec![0x40, 0]), Just(indication(&[])), Just(indication(&[(0x12, &[])]))
            ],
            rest in vec(any::<u8>(), 0..80),
        ) {
            let datagram = [head, rest].concat();
            let carried = unwrapped(&datagram);
            prop_assert!(datagram.windows(carried.len().max(1)).any(|it| it == carried) || carried.is_empty());
        }
    }

    #[test]
    fn what_a_relay_hands_on_is_looked_into() {
        let carried = [23, 0xfe, 0xfd, 1, 2];
        let peer = [0, 1, 2, 3, 4, 5, 6, 7];
        let padded = [&[0x40, 1, 0, 5][..], &carried, &[0; 3]].concat();
        for datagram in [
            &padded[..padded.len() - 3],
            &padded,
            &indication(&[(0x12, &peer), (0x13, &carried)]),
            &indication(&[(0x22, &[1]), (0x13, &carried), (0x12, &peer)]),
        ] {
            assert_eq!(unwrapped(datagram), carried);
        }
    }

    #[test]
    fn all_else_is_left_as_it_is() {
        let cut = [0x40, 1, 0, 5, 1, 2, 3, 4];
        let bare = indication(&[(0x12, &[1; 8])]);
        let mut other = indication(&[(0x13, &[1; 8])]);
        other[1] = 0x01;
        for datagram in [&[][..], &[23, 1], &cut, &bare, &other, &other[..7], &[0x50, 1, 0, 1, 9]] {
            assert_eq!(unwrapped(datagram), datagram);
        }
    }
}
