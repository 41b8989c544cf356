//! What of a client's configuration this agent can do.

use trunkline_local::Voice;
use trunkline_protocol::client::omni::Configure;

/// The keys that will have their effect.
pub(super) fn honoured(configure: &Configure) -> Vec<&'static str> {
    let voice = configure.voice_id.as_deref().is_some_and(is_voice);
    [
        ("greeting", configure.greeting.is_some()),
        ("voice_id", voice),
    ]
    .into_iter()
    .filter_map(|(key, honoured)| honoured.then_some(key))
    .collect()
}

/// Whether this names a voice of ours: one of flite's, or a language of espeak-ng's. Clients of other services
/// send the names of theirs.
pub(super) fn is_voice(name: &str) -> bool {
    match name.parse() {
        Ok(Voice::Flite(_)) => true,
        Ok(Voice::Espeak(name)) => {
            let language = name.split(['-', '+']).next().unwrap_or_default();
            (2..=3).contains(&language.len()) && !name.contains('_')
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_voices_that_can_speak_are_honoured() {
        for (name, can_speak) in [
            ("slt", true),
            ("de", true),
            ("en-gb", true),
            ("stock_emma_en_gb", false),
            ("alloy", false),
            ("../x", false),
        ] {
            let configure = Configure {
                voice_id: Some(name.to_owned()),
                ..Configure::default()
            };
            let keys = honoured(&configure);
            assert_eq!(keys.contains(&"voice_id"), can_speak, "{name}");
        }
    }
}
