package egress.exchange;

import egress.policy.Policy;

/**
 * The immutable policy that one exchange sees, from its head to its end, whatever is reloaded meanwhile.
 *
 * @param generation counts the loads, from 1
 * @param inspector looks into what leaves, as the routes ask for
 */
public record ProxySnapshot(long generation, Policy policy, Inspector inspector) {}
