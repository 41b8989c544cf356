use std::sync::Barrier;

use tempfile::TempDir;

use super::*;

/// Runs `job` in many threads at the same moment.
fn at_once<T: Send>(job: impl Fn() -> T + Sync) -> Vec<T> {
    const THREADS: usize = 8;
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    job()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A reader never sees half a key, and all who come first agree on one.
#[test]
fn who_starts_at_the_same_moment_has_the_same_keys() {
    for _ in 0..20 {
        let home = TempDir::new().expect("a directory");
        let dir = DataDir::open(home.path()).expect("a data directory");
        let keys = at_once(|| {
            dir.signing_key()
                .expect("a key")
                .to_line()
                .expose()
                .to_owned()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        let made = at_once(|| dir.sandbox_key().expect("a key").1);
        let told: Vec<_> = made.into_iter().flatten().collect();
        let kept = std::fs::read_to_string(home.path().join(SANDBOX)).expect("a key");
        assert_eq!(told, [kept.trim()]);
        assert_eq!(names(home.path()), [SANDBOX, SIGNING], "drafts are left");
    }
}

#[test]
fn what_is_there_is_never_written_over() {
    let home = TempDir::new().expect("a directory");
    let path = home.path().join("key");
    assert!(files::create_private(&path, "first").expect("made"));
    assert!(!files::create_private(&path, "second").expect("left"));
    let kept = files::read_private(&path).expect("private");
    assert_eq!(kept.as_deref(), Some("first\n"));
    assert_eq!(names(home.path()), ["key"]);
}

#[test]
fn only_a_gateways_directory_is_an_existing_one() {
    let home = TempDir::new().expect("a directory");
    let error = DataDir::existing(home.path()).expect_err("nothing is in it");
    assert!(error.to_string().contains(SIGNING), "{error}");
    std::fs::write(home.path().join(VERIFYING), "").expect("written");
    let dir = DataDir::existing(home.path()).expect("keys are checked here");
    // Looking at a key makes none.
    KeyRing::read(&dir).expect("a ring");
    assert_eq!(names(home.path()), [VERIFYING]);
}
