//! Masking: every byte is exclusive-ored with one of a key's four in turn. Doing it again undoes it.

/// Masks `bytes`, which the key begins with, or unmasks them.
pub(super) fn apply(bytes: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    // Whole words of eight bytes keep the key in step, and are taken many at a time by the compiler.
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_rule_of_the_standard_at_any_place(
            before in 0_usize..16, content in prop::collection::vec(any::<u8>(), 0..300), key: [u8; 4],
        ) {
            // RFC 6455 §5.3: octet i is exclusive-ored with octet i mod 4 of the key.
            let expected: Vec<u8> = content.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
            let mut bytes = vec![0; before];
            bytes.extend(&content);
            apply(&mut bytes[before..], key);
            prop_assert_eq!(&bytes[before..], expected);
            apply(&mut bytes[before..], key);
            prop_assert_eq!(&bytes[before..], content);
        }
    }
}
