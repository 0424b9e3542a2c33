/** Seeded XML orders: the same seed gives the same orders and the same choices. */

/** Numbers in [0, 1), the same sequence for the same seed (mulberry32). */
export function chooser(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function orderId(number: number): string {
  return `PO-${String(number).padStart(5, '0')}`;
}

const CUSTOMERS = ['Contoso', 'Fabrikam', 'Northwind', 'Adventure Works', 'Tailspin'];
const ITEMS = ['Bearing 6204', 'Gear M2', 'Shaft 12 mm', 'Seal 35x52', 'Spring 0.8'];

/** One order as the file that is dropped into the receive folder. */
export function makeOrder(number: number, choose: () => number): { name: string; content: string } {
  const pick = (values: readonly string[]): string => values[Math.floor(choose() * values.length)] ?? '';
  const id = orderId(number);
  const content = `<?xml version="1.0" encoding="utf-8"?>
<Order xmlns="http://scaled-out-hosts/sample/orders">
  <Id>${id}</Id>
  <Customer>${pick(CUSTOMERS)}</Customer>
  <Item>${pick(ITEMS)}</Item>
  <Quantity>${String(1 + Math.floor(choose() * 150))}</Quantity>
  <Price>${(1 + choose() * 40).toFixed(2)}</Price>
</Order>
`;
  return { name: `${id}.xml`, content };
}
