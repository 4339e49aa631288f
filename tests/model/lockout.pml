/* SPDX-License-Identifier: Apache-2.0 */
/* Lockout and one-time codes, for spin: guessers and one right person, each a conversation of its own, any of
 * which may be killed before any of its steps, a power cut that ends all of them, a manager who switches the
 * person off, and time that passes when it likes.
 *
 * Each inline is named after the function whose work it does, and says where that is; tests/model/check holds
 * them together, in the order of their calls. A transaction is one atomic step: that this is so is not shown
 * here, but by the store's own tests (kill_store, power_cut). What is not in the model: cryptography, the
 * policy of a practice, break-glass, and which words are said.
 *
 * The numbers are small: FREE, OFF and PIN_TRIES stand for 5, 50 and 10. Each mutant (-D) breaks one rule;
 * spin must find out. */
#ifndef GUESSERS
#define GUESSERS 2
#endif
#ifndef TRIES
#define TRIES 1 /* conversations of each guesser */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef WAITS
#define WAITS 1 /* that come to their end, of each counter */
#endif
#ifndef FREE
#define FREE 2 /* FREE_FAILURES */
#endif
#ifndef OFF
#define OFF 3 /* OFF_FAILURES */
#endif
#define PIN_TRIES 2
#define SLOTS 1
#ifndef CODES
#define CODES 2 /* of the app, one after the other; as many recovery codes */
#endif
#define SHOWN 8 /* codes that the app has shown in the end */
#ifndef GUESS_FROM
#define GUESS_FROM NETWORK
#endif
#ifndef PERSON_FROM
#define PERSON_FROM LOCAL
#endif
#ifndef SECOND
#define SECOND TOTP
#endif

#define PASSWORD 0
#define TOTP 1
#define RECOVERY 2
#define PIN 3
#define RECOVER 4 /* FACTOR_CODE_RECOVER: codes sent to who forgot something */
#define LOCAL 0
#define NETWORK 1
#define ROWS 10
#ifdef ONE_SIDE
#define ROW(factor) (2 * (factor))
#else
#define ROW(factor) (2 * (factor) + source)
#endif
#define NEVER 255 /* NEVER_OFF */

/* --- what is stored, and outlives everybody --- */
byte failures[ROWS];
bool waiting[ROWS]; /* the wait of the last failure is not over */
byte last_step; /* of the app: the greatest used */
bool used[SHOWN]; /* recovery codes */
byte verifier; /* which password it is */
bool disabled;
bool granted_record[GUESSERS + 1]; /* the audit's, of that conversation */
byte ticket[GUESSERS + 1];

/* --- the world --- */
byte boot;
byte kills = KILLS;
byte slots_used;
bool local_slot_used;
bool person_in;
byte guessing = GUESSERS;

/* --- what is looked at: nobody acts on it --- */
byte evaluated[ROWS], elapsed[ROWS], clears[ROWS], told_wrong[ROWS];
byte grants[SHOWN]; /* by each code */
bool told_disabled;

#ifdef NO_SYNC
/* A commit is in memory alone, until the kernel writes it back. */
byte disk_failures[ROWS];
byte disk_step;
#endif

/* Before each step, and within it: whoever was killed does no more. */
#define ALIVE                                                                                      \
	if                                                                                         \
	:: boot != born -> goto over                                                               \
	:: boot == born && kills > 0 -> kills--; goto over                                         \
	:: boot == born -> skip                                                                    \
	fi

/* Without end, where a world has none. */
#ifdef LIVE
#define SEEN(what) skip
#else
#define SEEN(what) what
#endif

#define LOOKED_AT(row)                                                                             \
	SEEN(evaluated[row]++);                                                                    \
	assert(evaluated[row] <= (clears[row] + 1) * (row / 2 == PIN -> PIN_TRIES : OFF));         \
	assert(row / 2 == PIN || evaluated[row] <= (clears[row] + 1) * FREE + elapsed[row])

/* --- hcauthd/lockout.c --- */

inline judge(factor, limit) /* hcauthd/lockout.c */
{
	allowed = !(limit != NEVER && failures[ROW(factor)] >= limit) && !waiting[ROW(factor)]
}

inline lockout_count(factor, limit) /* hcauthd/lockout.c */
{
	judge(factor, limit);
	if
	:: allowed ->
		failures[ROW(factor)]++;
		waiting[ROW(factor)] = factor != PIN && failures[ROW(factor)] >= FREE;
		epoch[factor] = clears[ROW(factor)]
	:: else
	fi;
	counted[factor] = allowed
}

inline lockout_clear(factor, from) /* hcauthd/lockout.c */
{
	failures[2 * (factor) + from] = 0;
	waiting[2 * (factor) + from] = false;
	told_wrong[2 * (factor) + from] = 0;
	SEEN(clears[2 * (factor) + from]++)
}

/* --- hcauthd/factor_hash.c --- */

#ifdef PIN_AS_PASSWORD
#define LIMIT(factor) OFF
#else
#define LIMIT(factor) (factor == PIN -> PIN_TRIES : OFF)
#endif

inline count_txn(factor) /* hcauthd/factor_hash.c */
{
#ifdef LOOK_THEN_COUNT
	atomic { ALIVE; judge(factor, LIMIT(factor)); counted[factor] = allowed };
	atomic {
		ALIVE;
		if
		:: counted[factor] ->
			failures[ROW(factor)]++;
			waiting[ROW(factor)] = factor != PIN && failures[ROW(factor)] >= FREE;
			epoch[factor] = clears[ROW(factor)]
		:: else
		fi
	}
#else
	atomic { ALIVE; lockout_count(factor, LIMIT(factor)) }
#endif
}

/* A place is a lock that the kernel takes back from whoever dies. One is for the workstation alone. */
inline slot_take() /* hcauthd/slots.c */
{
	atomic {
		if
		:: boot != born -> goto over
		:: boot == born && slots_used < SLOTS -> slots_used++; slot = 1
		:: boot == born && slots_used == SLOTS && source == LOCAL && !local_slot_used ->
			local_slot_used = true; slot = 2
		fi
	}
}

inline slot_give() /* hcauthd/slots.c */
{
	if
	:: slot == 1 -> slots_used--
	:: slot == 2 -> local_slot_used = false
	:: slot == 0
	fi;
	slot = 0
}

/* Begins here; it ends in the step that compares. */
inline compute() /* hcauthd/factor_hash.c */
{
	slot_take() /* by take_place() */
}

inline compare(factor, right) /* hcauthd/factor_hash.c */
{
	compute();
	atomic {
		ALIVE;
		assert(slots_used <= SLOTS);
		slot_give(); /* by compute() */
		if
		:: counted[factor] -> LOOKED_AT(ROW(factor))
		:: else
		fi;
		bound = verifier;
		matched[factor] = right && counted[factor]
	}
}

inline hash_take(factor, right) /* hcauthd/factor_hash.c */
{
#ifdef COUNT_AFTER
	atomic { ALIVE; judge(factor, LIMIT(factor)); counted[factor] = allowed };
	compare(factor, right);
	count_txn(factor)
#else
	count_txn(factor); /* by count() */
	compare(factor, right) /* by compare_own() */
#endif
}

inline hash_close(factor) /* hcauthd/factor_hash.c */
{
	ok[factor] = matched[factor] && (factor == PIN || bound == verifier)
}

/* --- the codes --- */

inline close_totp() /* hcauthd/factor_totp.c */
{
	lockout_count(TOTP, OFF);
	if
	:: allowed ->
		LOOKED_AT(ROW(TOTP));
#ifdef STEP_AGAIN
		ok[TOTP] = code > 0 && code >= last_step;
#else
		ok[TOTP] = code > 0 && code > last_step;
#endif
#ifndef SPEND_AFTER
		if
		:: ok[TOTP] -> last_step = code
		:: else
		fi
#endif
	:: else
	fi
}

/* What is known of the code when it is given: whether it was used before. */
inline recovery_load() /* hcauthd/factor_recovery.c */
{
	atomic { ALIVE; fresh = code > 0 && !used[code] }
}

inline close_recovery() /* hcauthd/factor_recovery.c */
{
#ifdef NOT_AGAIN
	ok[RECOVERY] = matched[RECOVERY];
#else
	ok[RECOVERY] = matched[RECOVERY] && !used[code];
#endif
#ifndef SPEND_AFTER
	if
	:: ok[RECOVERY] -> used[code] = true
	:: else
	fi
#endif
}

inline step_code() /* hcauthd/proof_code.c */
{
	if
	:: second == RECOVERY -> recovery_load(); hash_take(RECOVERY, fresh) /* by take_code() */
	:: else /* an app's is kept until the end */
	fi
}

/* --- hcauthd/proof_close.c --- */

inline code_close() /* hcauthd/proof_code.c */
{
	if
	:: second == RECOVERY -> close_recovery() /* by f->close */
	:: second == TOTP -> close_totp() /* by f->close */
	:: else
	fi
}

/* Slow factors first: an app's code is looked at behind a right password only. */
inline check_all() /* hcauthd/proof_close.c */
{
	hash_close(first); /* by code_close() */
	all = all && ok[first];
	if
	:: all && second < PIN -> code_close(); all = ok[second]
	:: else
	fi
}

inline clear_one(factor) /* MODEL */
{
	if
	:: ok[factor] && (granted || source == LOCAL) ->
		lockout_clear(factor, source);
		assert(ok[factor] && (granted || source == LOCAL))
	:: else
	fi
}

inline settle_right() /* hcauthd/proof_close.c */
{
#ifdef CLEAR_ALL
	if
	:: granted || ok[first] ->
		lockout_clear(PASSWORD, source); assert(ok[PASSWORD]);
		lockout_clear(PIN, source); assert(ok[PIN])
	:: else
	fi
#else
	clear_one(first); /* by lockout_clear() */
	if
	:: second < PIN -> clear_one(second) /* by lockout_clear() */
	:: else
	fi
#endif
}

inline write_audit() /* hcauthd/proof_close.c */
{
	granted_record[me] = granted
}

inline ticket_write() /* hcauthd/session.c */
{
	ticket[me] = 1
}

inline write_granted() /* hcauthd/proof_close.c */
{
	ticket_write()
}

inline person_refresh() /* hcauthd/people.c */
{
#ifdef DISABLED_BEFORE
	all = !was_disabled
#else
	all = !disabled
#endif
}

inline close_txn() /* hcauthd/proof_close.c */
{
	person_refresh();
	check_all();
	granted = all;
	assert(!granted || !told_disabled);
	settle_right();
	write_audit();
	if
	:: granted -> write_granted()
	:: else
	fi
}

inline proof_close() /* hcauthd/proof_close.c */
{
#ifdef CLEAR_FIRST
	atomic {
		ALIVE;
		if
		:: matched[first] -> lockout_clear(first, source); assert(granted || source == LOCAL)
		:: else
		fi
	};
#endif
	atomic { ALIVE; close_txn() }
}

inline proof_take() /* hcauthd/proof.c */
{
	hash_take(first, first_right); /* by proof_take_of() */
	if
	:: source == LOCAL && !matched[first] -> second = PIN /* a typing slip ends here */
	:: source == LOCAL && matched[first] && second < PIN -> step_code() /* by proof_take_of() */
	:: source == NETWORK && second < PIN -> step_code() /* by proof_take_of() */
	:: else
	fi
}

/* --- the verdict --- */

inline tell_wrong_counts(factor) /* MODEL */
{
	if
	:: counted[factor] && epoch[factor] == clears[ROW(factor)] && !ok[factor] ->
		SEEN(told_wrong[ROW(factor)]++)
	:: else
	fi;
	assert(failures[ROW(factor)] >= told_wrong[ROW(factor)])
}

inline send_verdict() /* hcauthd/talk.c */
{
	if
	:: granted ->
		assert(granted_record[me]);
		assert(first_right && (first == PIN || code > 0));
		if
		:: first != PIN && second == SECOND -> grants[code]++; assert(grants[code] == 1)
		:: else
		fi
	:: else ->
		assert(!granted_record[me]);
		tell_wrong_counts(first);
		if
		:: second < PIN -> tell_wrong_counts(second)
		:: else
		fi
	fi
}

inline flow_sign_in() /* hcauthd/flow_signin.c */
{
	proof_take();
#ifndef VERDICT_FIRST
	proof_close()
#endif
}

inline converse() /* hcauthd/talk.c */
{
#ifdef DISABLED_BEFORE
	was_disabled = disabled;
#endif
	flow_sign_in(); /* by hold() */
#ifdef VERDICT_FIRST
	granted = matched[first] && (second == TOTP -> code > last_step : fresh);
#endif
	atomic { ALIVE; send_verdict() }
#ifdef VERDICT_FIRST
	;
	proof_close()
#endif
#ifdef SPEND_AFTER
	;
	atomic {
		ALIVE;
		if
		:: granted && second == TOTP -> last_step = code
		:: granted && second == RECOVERY -> used[code] = true
		:: else
		fi
	}
#endif
}

/* --- hcauthd/session.c: two programs open a session with the ticket of one sign-in --- */

inline ticket_take() /* hcauthd/session.c */
{
	if
	:: ticket[me] == 1 ->
#ifndef TICKET_KEPT
		ticket[me] = 0;
#endif
		sessions++
	:: else
	fi
}

inline open_txn() /* hcauthd/session.c */
{
	ticket_take()
}

inline flow_open() /* hcauthd/session.c */
{
	atomic { ALIVE; open_txn(); assert(sessions <= 1) }
}

/* --- who has forgotten it, or is switched off: codes that were sent, then a new password or PIN --- */

#ifdef RECOVERY_OFF
#define RECOVERY_LIMIT FREE
#else
#define RECOVERY_LIMIT NEVER
#endif

inline check_txn(right) /* hcauthd/code.c */
{
	lockout_count(RECOVER, RECOVERY_LIMIT);
	ok[RECOVER] = right && allowed;
	if
	:: ok[RECOVER] -> lockout_clear(RECOVER, source)
	:: else
	fi
}

inline code_ask(right) /* hcauthd/code.c */
{
	atomic { ALIVE; check_txn(right) }
}

/* A new password or PIN, and its counters gone, in the commit that spends the code. */
inline recover_set() /* hcauthd/recover_commit.c */
{
	if
	:: first == PASSWORD -> verifier = 1
	:: else
	fi;
	lockout_clear(first, LOCAL); /* by enrol_write() */
	lockout_clear(first, NETWORK) /* by enrol_write() */
}

inline recover() /* hcauthd/recover.c */
{
	code_ask(true); /* by prove_email() */
	if
	:: ok[RECOVER] -> atomic { ALIVE; recover_set() } /* by choose_new() */
	:: else
	fi
}

/* --- who is there --- */

#define LOCALS                                                                                     \
	byte born, code, epoch[5], bound, sessions, slot, first = PASSWORD, second;                \
	bool allowed, counted[5], matched[5], ok[5], all, granted, first_right, fresh, was_disabled

inline forget() /* MODEL */
{
	d_step {
		born = boot;
		counted[0] = false; counted[1] = false; counted[2] = false; counted[3] = false;
		counted[4] = false;
		matched[0] = false; matched[1] = false; matched[2] = false; matched[3] = false;
		ok[0] = false; ok[1] = false; ok[2] = false; ok[3] = false; ok[4] = false;
		epoch[0] = 0; epoch[1] = 0; epoch[2] = 0; epoch[3] = 0; epoch[4] = 0;
		all = false; granted = false; fresh = false; allowed = false; bound = 0;
		sessions = 0; code = 0; was_disabled = false; first_right = false;
		granted_record[me] = false; ticket[me] = 0;
		second = (first == PIN -> PIN : SECOND)
	}
}

/* What dies gives its place back: the kernel sees to it. */
inline die() /* MODEL */
{
#ifndef SLOT_KEPT
	slot_give();
#else
	slot = 0;
#endif
	forget()
}

/* Has seen a code, and perhaps the password; or has not. */
proctype guesser(byte me)
{
	LOCALS;
	byte source = GUESS_FROM, left = TRIES;

	do
	:: left > 0 ->
		atomic {
			left--;
			first = PASSWORD;
#ifdef KIOSK
			first = PIN;
#endif
			forget();
			if
			:: first_right = true
			:: first_right = false
			fi;
			if
			:: first != PIN -> select(code : 0 .. CODES)
			:: else
			fi
		};
		if
#ifdef LIVE
		:: code_ask(false); goto over
#endif
		:: skip
		fi;
		converse();
		if
		:: granted -> flow_open(); flow_open()
		:: else
		fi;
	over:	atomic { die() }
	:: left == 0 -> break
	od;
	guessing--
}

/* Gives what is right, each code once, for as long as it takes. */
proctype person()
{
	LOCALS;
	byte me = GUESSERS, source = PERSON_FROM, next;

	do
	:: !person_in ->
		atomic {
			first = PASSWORD;
#ifdef KIOSK
			first = PIN;
#endif
			forget();
			first_right = true;
#ifdef LIVE
			/* in time: the wait is over, and the app shows a code that nobody has seen */
			!waiting[ROW(PASSWORD)] && !waiting[ROW(TOTP)] && !waiting[ROW(RECOVER)] && guessing == 0;
			/* an app that is off here leaves the codes on paper */
			if
			:: failures[ROW(TOTP)] < OFF -> code = last_step + 1
			:: failures[ROW(TOTP)] >= OFF -> second = RECOVERY; code = 1 + used[1]
			fi
#else
			if
			:: next < CODES && first != PIN -> next++; code = next
			:: next == CODES || first == PIN -> person_in = true /* has no more to try */
			fi
#endif
		};
#ifdef LIVE
		if
		:: failures[ROW(first)] >= LIMIT(first) -> recover(); goto over
		:: failures[ROW(first)] < LIMIT(first)
		fi;
#endif
		converse();
		if
		:: granted ->
			person_in = true
		:: else ->
#ifdef APART
			/* guesses from elsewhere are not counted here */
			assert(counted[first] || disabled || granted_record[me])
#endif
			skip
		fi;
	over:	atomic { die() }
	:: person_in -> break
	od
}

#ifdef LIVE
#define MAY_END(row) waiting[row]
#define ENDED(row)
#else
#define MAY_END(row) waiting[row] && elapsed[row] < WAITS
#define ENDED(row) ; elapsed[row]++
#endif
#define WAIT_ENDS(row) :: d_step { MAY_END(row) -> waiting[row] = false ENDED(row) }

/* Time: a wait comes to its end. */
proctype clock()
{
	do
	WAIT_ENDS(2 * PASSWORD + LOCAL)
	WAIT_ENDS(2 * PASSWORD + NETWORK)
	WAIT_ENDS(2 * SECOND + LOCAL)
	WAIT_ENDS(2 * SECOND + NETWORK)
	WAIT_ENDS(2 * RECOVER + LOCAL)
	WAIT_ENDS(2 * RECOVER + NETWORK)
	:: person_in && guessing == 0 -> break
	od
}

/* The machine starts anew, and its clock: waits begin again. */
proctype power()
{
	byte row, cuts = CUTS;

	do
	:: cuts > 0 ->
		d_step {
			cuts--;
			boot++;
			row = 0;
			do
			:: row < ROWS ->
#ifdef NO_SYNC
				failures[row] = disk_failures[row];
#endif
#ifdef BOOT_ENDS_WAITS
				waiting[row] = false;
#else
				waiting[row] = row / 2 != PIN && failures[row] >= FREE;
#endif
				row++
			:: row == ROWS -> break
			od;
#ifdef NO_SYNC
			last_step = disk_step;
#endif
			row = 0
		}
	:: break
	od
}

#ifdef NO_SYNC
proctype writeback()
{
	byte row;

	do
	:: d_step {
		row = 0;
		do
		:: row < ROWS -> disk_failures[row] = failures[row]; row++
		:: row == ROWS -> break
		od;
		disk_step = last_step;
		row = 0
	   }
	:: break
	od
}
#endif

#ifdef MANAGER
proctype manager()
{
	atomic { disabled = true }; /* a commit of its own */
	told_disabled = true
}
#endif

init {
	byte n;

	atomic {
		for (n : 0 .. GUESSERS - 1) {
			run guesser(n)
		}
		run person();
		run clock();
		run power();
#ifdef MANAGER
		run manager();
#endif
#ifdef NO_SYNC
		run writeback();
#endif
	}
}

#ifdef LIVE
/* Whoever is right gets in: when those who guess have stopped, whatever they have done, waits end and the
 * way of recovery is open. */
ltl right_person_gets_in { <> person_in }
#endif
