package egress.server.dlp;

import egress.exchange.Admission;
import egress.exchange.Inspection;
import egress.exchange.Inspector;
import egress.http.Authority;
import egress.policy.RequestHead;
import egress.policy.Route;
import egress.server.dlp.judge.NameBudget;
import egress.share.Caller;
import egress.share.Claimant;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** Where no scanner looks at anything, names under patterns are counted all the same. */
record NamesOnly(NameBudget names) implements Inspector {
    @Override
    public Inspection inspect(EventLoop loop, Claimant who, RequestHead head, Route route) {
        return Inspection.NONE;
    }

    @Override
    public Admission admitName(
            Caller caller, Route route, Authority authority, String written, Consumer<Inspection.Hit> hits) {
        return names.bring(caller, route, authority.host(), null);
    }
}
