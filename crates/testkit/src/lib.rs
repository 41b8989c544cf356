//! Far ends for tests, written from the vendors' pages and sharing no dialect code.
