//! flite: whole sentences to samples. The voices' libraries are opened on first use.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;

use crate::wire::FliteVoice;

type Register = unsafe extern "C" fn(*const c_char) -> *mut c_void;

/// The library. One sentence at a time in the whole process: voices are singletons whose values count
/// their references without atomics. A sentence takes about 1 % of its own length.
pub(crate) struct Flite {
    text_to_wave: unsafe extern "C" fn(*const c_char, *mut c_void) -> *mut CstWave,
    delete_wave: unsafe extern "C" fn(*mut CstWave),
    voices: Mutex<[Option<Singleton>; FliteVoice::ALL.len()]>,
    _library: Library,
}

/// Speech at its own rate.
#[derive(Debug)]
pub(crate) struct Wave {
    /// Samples per second.
    pub(crate) rate_hz: u32,
    /// Mono.
    pub(crate) samples: Vec<i16>,
}

/// A voice the library owns, and the library it came from.
struct Singleton {
    voice: *mut c_void,
    _library: Library,
}

// SAFETY: a voice is plain memory without ties to a thread, and the mutex that holds it lets one thread
// at a time use it.
unsafe impl Send for Singleton {}

/// `cst_wave` of `cst_wave.h`.
#[repr(C)]
struct CstWave {
    _kind: *const c_char,
    sample_rate: c_int,
    num_samples: c_int,
    num_channels: c_int,
    samples: *mut i16,
}

impl Flite {
    /// The library, opened on the first call in the process.
    ///
    /// # Errors
    /// What the dynamic loader said.
    pub(crate) fn load() -> Result<&'static Self, &'static str> {
        static LOADED: OnceLock<Result<Flite, String>> = OnceLock::new();
        let loaded = LOADED.get_or_init(|| Self::open().map_err(|error| super::explain(&error)));
        loaded.as_ref().map_err(String::as_str)
    }

    /// Makes sure that the voice is there.
    ///
    /// # Errors
    /// What the dynamic loader said.
    pub(crate) fn prepare(&self, voice: FliteVoice) -> Result<(), String> {
        let mut voices = self.voices.lock().unwrap_or_else(PoisonError::into_inner);
        Self::singleton(&mut voices, voice).map(|_| ())
    }

    /// Speaks the text, which should be one sentence of ASCII.
    ///
    /// # Errors
    /// A voice that is not there, a NUL in the text, or nothing back from the library.
    pub(crate) fn speak(&self, voice: FliteVoice, text: &str) -> Result<Wave, String> {
        let text = CString::new(text).map_err(|error| error.to_string())?;
        let mut voices = self.voices.lock().unwrap_or_else(PoisonError::into_inner);
        let voice = Self::singleton(&mut voices, voice)?;
        // SAFETY: the voice is valid and held under the lock; the text is terminated. The wave is
        // checked before it is read, copied, and given back to the library once.
        unsafe {
            let wave = (self.text_to_wave)(text.as_ptr(), voice);
            if wave.is_null() {
                return Err("flite gave no audio".to_owned());
            }
            let copy = copy(&*wave);
            (self.delete_wave)(wave);
            copy
        }
    }

    fn open() -> Result<Self, libloading::Error> {
        // SAFETY: the initialisers have no preconditions; the types are those of `flite.h` and
        // `cst_wave.h`, and the pointers stay valid because the library is stored beside them in a
        // static. `flite_init` takes nothing and is called once.
        unsafe {
            let library = Library::new("libflite.so.1")?;
            let init = *library.get::<unsafe extern "C" fn() -> c_int>(b"flite_init\0")?;
            let text_to_wave = *library.get(b"flite_text_to_wave\0")?;
            let delete_wave = *library.get(b"delete_wave\0")?;
            init();
            Ok(Self {
                text_to_wave,
                delete_wave,
                voices: Mutex::default(),
                _library: library,
            })
        }
    }

    fn singleton(
        voices: &mut [Option<Singleton>; FliteVoice::ALL.len()],
        voice: FliteVoice,
    ) -> Result<*mut c_void, String> {
        let Some(slot) = voices.get_mut(voice.index()) else {
            return Err("no such voice".to_owned());
        };
        if let Some(ready) = slot {
            return Ok(ready.voice);
        }
        let name = voice.name();
        // SAFETY: as in `open`; registering is not thread-safe, and the caller holds the lock. A null
        // directory is what a voice with built-in data expects.
        let (pointer, library) = unsafe {
            let library = Library::new(format!("libflite_cmu_us_{name}.so.1"))
                .map_err(|error| super::explain(&error))?;
            let symbol = format!("register_cmu_us_{name}\0");
            let register = *library
                .get::<Register>(symbol.as_bytes())
                .map_err(|error| super::explain(&error))?;
            (register(std::ptr::null()), library)
        };
        if pointer.is_null() {
            return Err(format!("flite did not register its voice {name}"));
        }
        *slot = Some(Singleton {
            voice: pointer,
            _library: library,
        });
        Ok(pointer)
    }
}

/// Copies what flite made.
///
/// # Safety
/// `wave.samples` points to `num_samples` samples, or `num_samples` is not positive.
unsafe fn copy(wave: &CstWave) -> Result<Wave, String> {
    let rate_hz = u32::try_from(wave.sample_rate).unwrap_or(0);
    if wave.num_channels != 1 || !(8_000..=48_000).contains(&rate_hz) {
        return Err(format!(
            "flite gave {} channels at {} Hz, expected 1 at 8 to 48 kHz",
            wave.num_channels, wave.sample_rate
        ));
    }
    let length = usize::try_from(wave.num_samples).unwrap_or(0);
    if length == 0 || wave.samples.is_null() {
        return Ok(Wave {
            rate_hz,
            samples: Vec::new(),
        });
    }
    // SAFETY: by this function's contract.
    let samples = unsafe { std::slice::from_raw_parts(wave.samples, length) }.to_vec();
    Ok(Wave { rate_hz, samples })
}
