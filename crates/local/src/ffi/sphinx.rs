//! The functions of libpocketsphinx.so.3 (0.8+5prealpha) that the decoder calls, as the headers
//! `pocketsphinx.h`, `ps_search.h` and sphinxbase's `cmd_ln.h`, `err.h`, `feat.h`, `cmn.h` declare them.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use libloading::Library;

/// Debian 12's name for the library. The soname is the ABI: other versions are not tried.
const LIBRARY: &str = "libpocketsphinx.so.3";

/// A handle into C; never made or looked into here.
#[repr(C)]
pub(super) struct Opaque {
    _private: [u8; 0],
}

/// The start of sphinxbase's `feat_t`, as far as its `cmn_struct`.
#[repr(C)]
pub(super) struct Feat {
    _refcount: c_int,
    _name: *mut c_char,
    _cepsize: i32,
    _n_stream: i32,
    _stream_len: *mut u32,
    _window_size: i32,
    _n_sv: i32,
    _sv_len: *mut u32,
    _subvecs: *mut *mut i32,
    _sv_buf: *mut f32,
    _sv_dim: i32,
    _cmn: c_int,
    _varnorm: i32,
    _agc: c_int,
    _compute_feat: *mut c_void,
    pub(super) cmn_struct: *mut Cmn,
}

/// sphinxbase's `cmn_t`.
#[repr(C)]
pub(super) struct Cmn {
    _mean: *mut f32,
    _var: *mut f32,
    pub(super) sum: *mut f32,
    pub(super) nframe: i32,
    pub(super) veclen: i32,
}

/// Declares [`Sphinx`] and how to fill it, one row a function, so that a name and its type cannot part.
macro_rules! functions {
    ($($name:ident: fn($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// The library's functions. Obtained by [`Sphinx::load`], valid for the life of the process.
        pub(crate) struct Sphinx {
            $(pub(super) $name: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)*
            _library: Library,
        }

        impl Sphinx {
            fn open() -> Result<Self, libloading::Error> {
                // SAFETY: the library's initialisers are those of plain C tables and have no
                // preconditions.
                let library = unsafe { Library::new(LIBRARY) }?;
                $(
                    // SAFETY: the type is the one the library's header gives for this name, and the
                    // soname fixes that ABI. The pointer outlives the symbol because the library
                    // is stored beside it and never closed.
                    let $name = *unsafe {
                        library.get::<unsafe extern "C" fn($($arg),*) $(-> $ret)?>(
                            concat!(stringify!($name), "\0").as_bytes(),
                        )
                    }?;
                )*
                Ok(Self { $($name,)* _library: library })
            }
        }
    };
}

functions! {
    err_set_callback: fn(*const c_void, *mut c_void);
    err_set_logfp: fn(*mut c_void);
    ckd_free: fn(*mut c_void);
    cmd_ln_parse_r: fn(*mut Opaque, *const Opaque, i32, *mut *mut c_char, i32) -> *mut Opaque;
    cmd_ln_free_r: fn(*mut Opaque) -> c_int;
    ps_args: fn() -> *const Opaque;
    ps_init: fn(*mut Opaque) -> *mut Opaque;
    ps_free: fn(*mut Opaque) -> c_int;
    ps_get_feat: fn(*mut Opaque) -> *mut Feat;
    ps_lookup_word: fn(*mut Opaque, *const c_char) -> *mut c_char;
    ps_set_jsgf_string: fn(*mut Opaque, *const c_char, *const c_char) -> c_int;
    ps_set_lm_file: fn(*mut Opaque, *const c_char, *const c_char) -> c_int;
    ps_set_search: fn(*mut Opaque, *const c_char) -> c_int;
    ps_unset_search: fn(*mut Opaque, *const c_char) -> c_int;
    ps_start_stream: fn(*mut Opaque) -> c_int;
    ps_start_utt: fn(*mut Opaque) -> c_int;
    ps_process_raw: fn(*mut Opaque, *const i16, usize, c_int, c_int) -> c_int;
    ps_end_utt: fn(*mut Opaque) -> c_int;
    ps_get_hyp: fn(*mut Opaque, *mut i32) -> *const c_char;
    ps_seg_iter: fn(*mut Opaque) -> *mut Opaque;
    ps_seg_next: fn(*mut Opaque) -> *mut Opaque;
    ps_seg_word: fn(*mut Opaque) -> *const c_char;
    ps_seg_frames: fn(*mut Opaque, *mut c_int, *mut c_int);
    ps_seg_prob: fn(*mut Opaque, *mut i32, *mut i32, *mut i32) -> i32;
    cmn_live_get: fn(*mut Cmn, *mut f32);
    cmn_live_set: fn(*mut Cmn, *const f32);
    cmn_live_update: fn(*mut Cmn);
}

impl Sphinx {
    /// The library, opened on the first call in the process.
    ///
    /// # Errors
    /// What the dynamic loader said, when the library or one of its functions is missing.
    pub(crate) fn load() -> Result<&'static Self, &'static str> {
        static LOADED: OnceLock<Result<Sphinx, String>> = OnceLock::new();
        let loaded = LOADED.get_or_init(|| {
            let sphinx = Self::open().map_err(|error| super::explain(&error))?;
            // SAFETY: a null callback and a null stream are how `err.c` is told to be silent; it tests
            // for them before each message. No other thread is in the library yet.
            unsafe {
                (sphinx.err_set_callback)(std::ptr::null(), std::ptr::null_mut());
                (sphinx.err_set_logfp)(std::ptr::null_mut());
            }
            Ok(sphinx)
        });
        loaded.as_ref().map_err(String::as_str)
    }
}
