package egress.dlp.builtin.strength;

/** Tells words from letters drawn by chance, by how often one letter follows another in English. */
final class LetterPairs {
    /** The bits by which a pair is likelier in words than by chance: a digit each, less {@link #ZERO}; a row for each first letter. */
    private static final String GAINS = "26763463625868261878554352"
            + "73448343753843741774732352"
            + "81538238607742832647621142"
            + "74459453833644731664634252"
            + "64785553413668353886354642"
            + "73438822902632832756700250"
            + "73539456700667751765633033"
            + "92239042813445830646623250"
            + "66766561214769751677360414"
            + "84548131743344853464835031"
            + "75559555834556751686623342"
            + "83368432803732740366641072"
            + "96449231802463770363621230"
            + "73777582734435641378552142"
            + "55664553524679660866766432"
            + "82448246602732771867622050"
            + "20220020500600002523945000"
            + "83569452805565750576542061"
            + "61638427706544763378744052"
            + "72539307802543740776614162"
            + "66656451623778460878221323"
            + "80449250802443610443310210"
            + "81238407802637731773104130"
            + "74858525700362580258120560"
            + "75647463703667782687635244"
            + "85339336723654740064503056";

    private static final int ZERO = 6;
    private static final int LETTERS = 26;

    private LetterPairs() {}

    /** By how many bits letters of either case are likelier to be words than drawn by chance; chance seldom makes it 3. */
    static int score(byte[] b, int from, int to) {
        int score = 0;
        for (int i = from + 1; i < to; i++) {
            int row = (b[i - 1] | 32) - 'a';
            int column = (b[i] | 32) - 'a';
            score += GAINS.charAt(row * LETTERS + column) - '0' - ZERO;
        }
        return score;
    }
}
