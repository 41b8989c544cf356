//! One pocketsphinx decoder: an acoustic model, a dictionary, and named searches (grammars, a language
//! model), one of which is active. It belongs to the thread that made it.
//!
//! The library ends the process on some inputs (a weight above one, a truncated model file), so
//! grammars must have passed `workers::grammar` and model files must be whole.

use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr::{NonNull, null_mut};

use super::sphinx::{Cmn, Opaque, Sphinx};
use crate::wire::Band;

/// How soon the features follow a new line: the model's mean counts as much as this many frames of
/// 10 ms. With the library's own 500 fewer
/// telephone callers are believed (23 of 28 phrases, not 24) and one was not heard at all.
const PRIOR_FRAMES: i32 = 50;

/// The mean of the features of speech that came through a telephone (8 kHz, then 16 kHz again), in place of
/// the model's own, which is a microphone's. Measured on flite's voice rms; with it 69 of 75 phrases of four
/// voices through μ-law are heard right, with the microphone's 30.
const TELEPHONE_MEAN: [f32; 13] = [
    43.76, 22.91, -26.79, 54.80, -18.20, 7.91, 15.53, -32.03, 11.51, -16.54, 6.93, 11.69, -13.88,
];

/// Where the model's parts are.
#[derive(Clone, Debug)]
pub(crate) struct ModelPaths {
    /// The directory of the acoustic model.
    pub(crate) acoustic: PathBuf,
    /// The pronouncing dictionary.
    pub(crate) dictionary: PathBuf,
    /// The general language model, when it is there.
    pub(crate) language: Option<PathBuf>,
}

/// A decoder. Not `Send`: the library allows one thread to a decoder.
pub(crate) struct Decoder {
    sphinx: &'static Sphinx,
    ps: NonNull<Opaque>,
    channel: Option<Channel>,
    in_utterance: bool,
}

/// The running mean that adapts the features to a microphone and a line, and what it was at first.
struct Channel {
    cmn: NonNull<Cmn>,
    initial: Vec<f32>,
}

impl Decoder {
    /// Loads the acoustic model and the dictionary: about 0.1 s and 28 MB.
    ///
    /// # Errors
    /// When the library refuses the model.
    pub(crate) fn new(sphinx: &'static Sphinx, model: &ModelPaths) -> Result<Self, String> {
        let options: [(&str, &Path); 2] = [("-hmm", &model.acoustic), ("-dict", &model.dictionary)];
        let mut words = Vec::new();
        for (name, path) in options {
            words.push(c_string(name)?);
            words.push(c_path(path)?);
        }
        // All senones are scored in each frame so that a word's acoustic score says how far it is from
        // the best there is, not from the best the grammar has: see `word_cost`.
        // The language model goes without its second pass: measured on 67 phrases it gets 57 right
        // instead of 58, and is done in 7 ms instead of 100.
        for word in ["-compallsen", "yes", "-fwdflat", "no"] {
            words.push(c_string(word)?);
        }
        let mut argv: Vec<*mut c_char> = words.iter().map(|w| w.as_ptr().cast_mut()).collect();
        let argc = i32::try_from(argv.len()).map_err(|error| error.to_string())?;
        // SAFETY: `argv` holds `argc` strings that live until after the call, which copies and does not
        // write them; the definitions are the library's own.
        let config = unsafe {
            (sphinx.cmd_ln_parse_r)(null_mut(), (sphinx.ps_args)(), argc, argv.as_mut_ptr(), 1)
        };
        if config.is_null() {
            return Err("pocketsphinx refused its options".to_owned());
        }
        // SAFETY: `config` is valid; `ps_init` takes a reference of its own, ours is given up after it.
        let ps = unsafe {
            let ps = (sphinx.ps_init)(config);
            (sphinx.cmd_ln_free_r)(config);
            ps
        };
        let Some(ps) = NonNull::new(ps) else {
            return Err(format!(
                "pocketsphinx refused the model in {}",
                model.acoustic.display()
            ));
        };
        let channel = Channel::of(sphinx, ps);
        Ok(Self {
            sphinx,
            ps,
            channel,
            in_utterance: false,
        })
    }

    /// Whether the dictionary has the word. Letter case does not matter.
    pub(crate) fn knows(&mut self, word: &str) -> bool {
        let Ok(word) = CString::new(word) else {
            return false;
        };
        // SAFETY: the decoder is valid and the string is terminated. What comes back is null or a
        // string that the caller must free with the library's own function.
        unsafe {
            let phones = (self.sphinx.ps_lookup_word)(self.ps.as_ptr(), word.as_ptr());
            if phones.is_null() {
                return false;
            }
            (self.sphinx.ckd_free)(phones.cast());
            true
        }
    }

    /// Adds a search for a JSGF grammar. False when the library does not accept it.
    pub(crate) fn add_grammar(&mut self, name: &CStr, jsgf: &CStr) -> bool {
        // SAFETY: the decoder is valid, both strings are terminated, and the library copies them.
        unsafe {
            (self.sphinx.ps_set_jsgf_string)(self.ps.as_ptr(), name.as_ptr(), jsgf.as_ptr()) >= 0
        }
    }

    /// Adds a search for a language model: about 0.2 s and 70 MB. False when it is refused.
    pub(crate) fn add_language_model(&mut self, name: &CStr, file: &Path) -> bool {
        let Ok(file) = c_path(file) else { return false };
        // SAFETY: as in `add_grammar`.
        unsafe { (self.sphinx.ps_set_lm_file)(self.ps.as_ptr(), name.as_ptr(), file.as_ptr()) >= 0 }
    }

    /// Forgets a search. Outside an utterance only; within one it does nothing.
    pub(crate) fn remove(&mut self, name: &CStr) {
        if !self.in_utterance {
            // SAFETY: the decoder is valid and idle, so nothing iterates over the search; an unknown
            // name is refused by the library.
            unsafe { (self.sphinx.ps_unset_search)(self.ps.as_ptr(), name.as_ptr()) };
        }
    }

    /// Starts an utterance with the named search, in the state of a new decoder: nothing of an earlier
    /// caller's line or noise is left. False when there is no such search.
    pub(crate) fn start(&mut self, name: &CStr, band: Band) -> bool {
        self.end();
        if let Some(channel) = &self.channel {
            channel.reset(self.sphinx, band);
        }
        let ps = self.ps.as_ptr();
        // SAFETY: the decoder is valid and idle.
        self.in_utterance = unsafe {
            (self.sphinx.ps_set_search)(ps, name.as_ptr()) >= 0
                && (self.sphinx.ps_start_stream)(ps) >= 0
                && (self.sphinx.ps_start_utt)(ps) >= 0
        };
        self.in_utterance
    }

    /// Decodes 16 kHz samples. False when the library fails or no utterance is open.
    pub(crate) fn process(&mut self, samples: &[i16]) -> bool {
        if !self.in_utterance {
            return false;
        }
        // SAFETY: the decoder is valid and in an utterance; the slice is read only within the call.
        let frames = unsafe {
            (self.sphinx.ps_process_raw)(self.ps.as_ptr(), samples.as_ptr(), samples.len(), 0, 0)
        };
        if let Some(channel) = &self.channel {
            // SAFETY: the structure belongs to this decoder.
            unsafe { (self.sphinx.cmn_live_update)(channel.cmn.as_ptr()) };
        }
        frames >= 0
    }

    /// Ends the utterance: the last frames and the second pass of a language model. False when the
    /// library fails or no utterance is open.
    pub(crate) fn end(&mut self) -> bool {
        // SAFETY: the decoder is valid and in an utterance.
        std::mem::take(&mut self.in_utterance)
            && unsafe { (self.sphinx.ps_end_utt)(self.ps.as_ptr()) >= 0 }
    }

    /// What has been heard, during an utterance and after its end. `None` when nothing was.
    pub(crate) fn hypothesis(&mut self) -> Option<&str> {
        // SAFETY: the decoder is valid and a search is active once `start` succeeded, which is when
        // this is called; the string is the library's and lives until the next call into the
        // decoder, which the borrow of `self` rules out.
        let text = unsafe {
            let text = (self.sphinx.ps_get_hyp)(self.ps.as_ptr(), null_mut());
            if text.is_null() {
                return None;
            }
            CStr::from_ptr(text)
        };
        text.to_str().ok().filter(|text| !text.is_empty())
    }

    /// How far the words of a grammar's hypothesis are from the best sounds there are: the mean acoustic
    /// cost of a frame within words, in units of 0.1 nat. `None` without words.
    pub(crate) fn word_cost(&mut self) -> Option<f32> {
        let (mut cost, mut frames) = (0_i64, 0_i64);
        // SAFETY: the decoder is valid and the utterance has ended. Each step returns the next segment
        // or null, having freed the one before; the iteration runs to the end.
        unsafe {
            let mut segment = (self.sphinx.ps_seg_iter)(self.ps.as_ptr());
            while !segment.is_null() {
                let (mut acoustic, mut language, mut backoff) = (0, 0, 0);
                let (mut first, mut last) = (0, 0);
                (self.sphinx.ps_seg_prob)(segment, &mut acoustic, &mut language, &mut backoff);
                (self.sphinx.ps_seg_frames)(segment, &mut first, &mut last);
                let word = (self.sphinx.ps_seg_word)(segment);
                if !word.is_null() && is_word(CStr::from_ptr(word)) {
                    cost -= i64::from(acoustic);
                    frames += i64::from(last) - i64::from(first) + 1;
                }
                segment = (self.sphinx.ps_seg_next)(segment);
            }
        }
        // Both fit a float's 24 bits for any utterance that is short enough to be one.
        (frames > 0).then(|| cost as f32 / frames as f32)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: ours is the only reference; the library copes with an open utterance.
        unsafe { (self.sphinx.ps_free)(self.ps.as_ptr()) };
    }
}

impl Channel {
    /// Puts the mean back to what such a line has, with the weight of [`PRIOR_FRAMES`].
    fn reset(&self, sphinx: &Sphinx, band: Band) {
        let initial = match band {
            Band::Telephone if self.initial.len() == TELEPHONE_MEAN.len() => &TELEPHONE_MEAN[..],
            _ => &self.initial,
        };
        // SAFETY: the structure belongs to a living decoder that is idle; its vectors have the length
        // of `initial`, as does what is handed over.
        unsafe {
            (sphinx.cmn_live_set)(self.cmn.as_ptr(), initial.as_ptr());
            let cmn = &mut *self.cmn.as_ptr();
            for (index, mean) in initial.iter().enumerate() {
                *cmn.sum.add(index) = mean * PRIOR_FRAMES as f32;
            }
            cmn.nframe = PRIOR_FRAMES;
        }
    }

    fn of(sphinx: &Sphinx, ps: NonNull<Opaque>) -> Option<Self> {
        // SAFETY: the decoder is valid; `Feat` and `Cmn` are the start of the structures its header
        // declares for this soname. Null and an absurd length are refused before use, and
        // `cmn_live_get` writes `veclen` floats into a buffer of that size.
        unsafe {
            let cmn = NonNull::new(
                (*NonNull::new((sphinx.ps_get_feat)(ps.as_ptr()))?.as_ptr()).cmn_struct,
            )?;
            let length = usize::try_from((*cmn.as_ptr()).veclen)
                .ok()
                .filter(|n| (1..=64).contains(n))?;
            let mut initial = vec![0.0; length];
            (sphinx.cmn_live_get)(cmn.as_ptr(), initial.as_mut_ptr());
            Some(Self { cmn, initial })
        }
    }
}

/// Silence and noise are segments too, written `<sil>`, `[NOISE]`, `++UM++`, `(NULL)`.
fn is_word(word: &CStr) -> bool {
    !matches!(
        word.to_bytes().first(),
        None | Some(b'<' | b'[' | b'(' | b'+')
    )
}

fn c_string(text: &str) -> Result<CString, String> {
    CString::new(text).map_err(|error| error.to_string())
}

fn c_path(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_encoded_bytes()).map_err(|error| error.to_string())
}
