/** Ids of services. Names of the group file have no `@`, so what follows one belongs to us; the id of a send port is its name. */

export function orchestrationId(name: string, version: string): string {
  return `${name}@${version}`;
}

/** A receive location and a send port may have the same name. */
export function receiveLocationId(name: string): string {
  return `${name}@receive`;
}
