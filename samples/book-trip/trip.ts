/**
 * A trip is booked step by step: a flight, each night in a hotel, a car. Every booking is a transaction that is saved when it is done, and
 * says how it is undone. When the trip turns out to cost more than it may, what is booked is cancelled again: the car first, then the nights,
 * the last one first, then the flight. Kill the host instance in the middle of it: another one goes on, and nothing is booked or cancelled
 * twice.
 */
import { type Body, messageType, number, orchestration, receivePort, sendPort, type Shape, type ShapeBuilder } from 'scaled-out-hosts';

const trip = messageType({
  name: 'Trip',
  format: 'json',
  promoted: { TripId: '/trip' },
  distinguished: { nights: number('/nights'), budget: number('/budget') },
});
const booking = messageType({ name: 'Booking', format: 'json', promoted: { TripId: '/bookingOf' } });

const declarations = {
  longRunning: true,
  messages: { Trip: trip, Booking: booking },
  variables: { cost: 0, nights: 0 },
  ports: { Trips: receivePort(), Bookings: sendPort() },
} as const;

type Shapes = ShapeBuilder<typeof declarations>;

class OverBudget extends Error {}

/** What a step takes outside, ms. */
const STEP = 700;

/** Asks somebody outside and tells them; the name says what. */
const tell = (o: Shapes, name: string): Body => [
  o.delay(`${name}: wait for the answer`, STEP),
  o.constructAndSend(name, { port: 'Bookings', message: 'Booking' }, ({ messages }) => ({
    body: { bookingOf: messages.Trip.field('TripId') ?? '', step: name },
  })),
];

const pay = (o: Shapes, name: string, price: number): Shape =>
  o.expression(name, ({ variables }) => {
    variables.cost += price;
  });

/** One night. Which one it was is a variable of the scope: each night that is cancelled knows its own. */
const bookNight = (o: Shapes): Shape =>
  o.scope(
    'Night',
    {
      longRunning: true,
      variables: { night: 0 },
      compensate: (inside) => [
        tell(o, 'Cancel night'),
        inside.expression('Count back', ({ variables }) => {
          variables.nights = variables.night - 1;
        }),
      ],
    },
    (inside) => [
      tell(o, 'Book night'),
      pay(o, 'Pay night', 95),
      inside.expression('Count night', ({ variables }) => {
        variables.night = ++variables.nights;
      }),
    ],
  );

export const bookTrip = orchestration('BookTrip', declarations, (o) => {
  const tooExpensive = o.handler('Too expensive', OverBudget, [o.compensate('Undo everything'), tell(o, 'Tell the traveller no')]);
  return [
    o.receive('Receive trip', { port: 'Trips', message: 'Trip', activate: true }),
    o.scope('Trip', { longRunning: true, timeout: 120_000, handlers: [tooExpensive] }, [
      o.scope('Flight', { longRunning: true, compensate: tell(o, 'Cancel flight') }, [tell(o, 'Book flight'), pay(o, 'Pay flight', 240)]),
      o.loop('Each night', ({ variables, messages }) => variables.nights < (messages.Trip.field('nights') ?? 0), [bookNight(o)]),
      // All or nothing: what is sent in an atomic scope is published with its end.
      o.scope('Car', { atomic: true, compensate: tell(o, 'Cancel car') }, [tell(o, 'Book car'), pay(o, 'Pay car', 120)]),
      o.decide('Within the budget?', [
        o.rule('No', ({ variables, messages }) => variables.cost > (messages.Trip.field('budget') ?? 0), [
          o.expression('Give up', ({ variables }) => {
            throw new OverBudget(`The trip would cost ${String(variables.cost)}.`);
          }),
        ]),
      ]),
      tell(o, 'Tell the traveller yes'),
    ]),
  ];
});
