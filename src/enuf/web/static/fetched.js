// Answers of the dashboard's process.

/** The JSON at this address; null where there is none now: the feed says that the connection is lost. */
export async function fetched(address) {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
