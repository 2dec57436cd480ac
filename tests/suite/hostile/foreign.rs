//! A server that nobody has an account with. It takes whatever it gets and remembers it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

/// The server. Its listener goes with the test's runtime.
pub struct Foreign {
    /// Where it listens.
    pub address: SocketAddr,
    visits: Arc<AtomicUsize>,
}

impl Foreign {
    /// A server on a free port of loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        tokio::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                drop(visitor);
            }
        });
        Self { address, visits }
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    /// How often somebody connected. A visit of our own shows first that visits are counted.
    pub async fn visits(&self) -> usize {
        use tokio::io::AsyncReadExt as _;
        let before = self.visits.load(Ordering::SeqCst);
        let mut own = tokio::net::TcpStream::connect(self.address)
            .await
            .expect("it listens");
        let _ = own.read(&mut [0]).await;
        let after = self.visits.fetch_sub(1, Ordering::SeqCst);
        assert_eq!(after, before + 1, "a visit is counted");
        before
    }
}
