/** A shorter user id says nothing about anybody, and removing it from a message could remove every second word. */
const SHORTEST_TELLING_USER_ID = 6;

/** What must not be seen of a user id: itself, if there is one and it tells who somebody is. */
export function userIdSecrets(userId: string | undefined): readonly string[] {
  return userId !== undefined && userId.length >= SHORTEST_TELLING_USER_ID ? [userId] : [];
}
